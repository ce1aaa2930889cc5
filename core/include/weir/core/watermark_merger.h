#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "weir/core/time.h"

namespace weir {

/// The watermark of several inputs together: the minimum over those that are active, and never below what it was.
///
/// Inputs are channels of a gate, or splits of a source. While no input is active and some are idle, the watermark
/// stands at the latest promise of any of them: where it would have come to, had that one been the last to leave. So
/// nobody that goes idle holds results back that others, who saw the same inputs leave in another order, have sent.
/// While every input has finished it is Watermark::end(); an input that joins later takes that back.
class WatermarkMerger {
 public:
  enum class State : std::uint8_t { kActive, kIdle, kFinished };

  explicit WatermarkMerger(std::size_t inputs = 0) : inputs_(inputs) {}

  std::size_t add_input();
  std::size_t inputs() const { return inputs_.size(); }

  /// Input `input` promised `watermark`; one below its earlier promise is ignored. Makes an idle input active.
  void advance(std::size_t input, Watermark watermark);

  /// Requires: the input has not finished.
  void set_idle(std::size_t input);
  void set_active(std::size_t input);
  void set_finished(std::size_t input);

  State state(std::size_t input) const { return inputs_[input].state; }

  Watermark watermark() const { return state_ == State::kFinished ? Watermark::end() : merged_; }

  /// kActive if any input is, else kIdle if any is, else kFinished. Without inputs: kActive.
  State state() const { return state_; }

 private:
  struct Input {
    State state = State::kActive;
    Watermark watermark;
  };

  void merge();

  std::vector<Input> inputs_;
  Watermark merged_;
  State state_ = State::kActive;
};

}  // namespace weir
