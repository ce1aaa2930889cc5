#include "weir/core/watermark_merger.h"

#include <algorithm>

#include "weir/core/check.h"

namespace weir {

std::size_t WatermarkMerger::add_input() {
  inputs_.emplace_back();
  merge();
  return inputs_.size() - 1;
}

void WatermarkMerger::advance(std::size_t input, Watermark watermark) {
  Input& in = inputs_[input];
  WEIR_CHECK(in.state != State::kFinished, input);
  in.state = State::kActive;
  const Watermark before = in.watermark;
  in.watermark = std::max(before, watermark);
  if (before <= merged_ || state_ != State::kActive) merge();
}

void WatermarkMerger::set_idle(std::size_t input) {
  WEIR_CHECK(inputs_[input].state != State::kFinished, input);
  inputs_[input].state = State::kIdle;
  merge();
}

void WatermarkMerger::set_active(std::size_t input) {
  WEIR_CHECK(inputs_[input].state != State::kFinished, input);
  inputs_[input].state = State::kActive;
  merge();
}

void WatermarkMerger::set_finished(std::size_t input) {
  inputs_[input].state = State::kFinished;
  merge();
}

void WatermarkMerger::merge() {
  bool any_active = inputs_.empty();
  bool any_idle = false;
  Watermark least = Watermark::end();
  Watermark greatest;
  for (const Input& input : inputs_) {
    any_idle = any_idle || input.state == State::kIdle;
    greatest = std::max(greatest, input.watermark);
    if (input.state != State::kActive) continue;
    any_active = true;
    least = std::min(least, input.watermark);
  }
  state_ = any_active ? State::kActive : any_idle ? State::kIdle : State::kFinished;
  if (state_ == State::kActive && !inputs_.empty()) merged_ = std::max(merged_, least);
  if (state_ == State::kIdle) merged_ = std::max(merged_, greatest);
}

}  // namespace weir
