#include "weir/runtime/gate.h"

#include "weir/core/check.h"

namespace weir::runtime {

void Gate::add(Channel& channel, std::vector<InputIndex> lanes) {
  inputs_.push_back({&channel, std::move(lanes)});
  merger_.add_input();
  aligner_.add_input();
}

bool Gate::next(Arrival& arrival) {
  for (std::size_t quiet = 0; quiet < inputs_.size();) {
    if (next_sign(arrival.element)) return true;
    const std::size_t at = turn_;
    turn_ = turn_ + 1 == inputs_.size() ? 0 : turn_ + 1;
    Input& input = inputs_[at];
    if (aligner_.held(at) || !input.channel->pop(arrival.element)) {
      ++quiet;
      continue;
    }
    quiet = 0;
    if (arrival.element.kind == Element::Kind::kBarrier) {
      if (align(at, arrival.element.checkpoint)) return true;
      continue;
    }
    if (arrival.element.kind != Element::Kind::kBatch) {
      apply(at, arrival.element);
      continue;
    }
    if (merger_.state(at) == WatermarkMerger::State::kIdle) merger_.set_active(at);
    bytes_received_ += arrival.element.batch->bytes();
    arrival.lane = arrival.element.lane;
    arrival.input = input.lanes[arrival.lane];
    arrival.channel = at;
    return true;
  }
  return next_sign(arrival.element);
}

void Gate::apply(std::size_t channel, const Element& sign) {
  const bool finished = merger_.state(channel) == WatermarkMerger::State::kFinished;
  if (finished && sign.kind != Element::Kind::kEnd) return;
  switch (sign.kind) {
    case Element::Kind::kWatermark:
      // The end of one channel is no promise of those that are idle just now.
      if (sign.watermark == Watermark::end()) {
        merger_.set_finished(channel);
      } else {
        merger_.advance(channel, sign.watermark);
      }
      break;
    case Element::Kind::kIdle:
      merger_.set_idle(channel);
      break;
    case Element::Kind::kActive:
      merger_.set_active(channel);
      break;
    case Element::Kind::kEnd:
      merger_.set_finished(channel);
      ++ended_;
      break;
    default:
      WEIR_CHECK(false, static_cast<int>(sign.kind));
  }
}

bool Gate::align(std::size_t channel, CheckpointId barrier) {
  const bool first = !aligner_.aligning();
  switch (aligner_.on_barrier(channel, barrier)) {
    case BarrierAligner::Outcome::kWaiting:
      if (first) begin_alignment();
      return false;
    case BarrierAligner::Outcome::kCancelled:
      begin_alignment();
      return false;
    case BarrierAligner::Outcome::kStale:
      return false;
    case BarrierAligner::Outcome::kAligned:
      break;
  }
  if (first) begin_alignment();
  end_alignment();
  return true;
}

void Gate::begin_alignment() {
  if (host_ == nullptr) return;
  alignment_began_ = host_->monotonic_now();
  host_->crash_point("checkpoint: first barrier in");
}

void Gate::end_alignment() {
  alignment_ = {};
  for (const Input& input : inputs_) alignment_.batches += input.channel->waiting();
  if (host_ == nullptr) return;
  alignment_.duration = host_->monotonic_now() - alignment_began_;
  host_->crash_point("checkpoint: aligned");
}

bool Gate::next_sign(Element& element) {
  using State = WatermarkMerger::State;
  const State state = merger_.state();
  if (told_state_ == State::kIdle && state != State::kIdle) {
    told_state_ = State::kActive;
    element = Element::sign(Element::Kind::kActive);
    return true;
  }
  if (told_watermark_ < merger_.watermark()) {
    told_watermark_ = merger_.watermark();
    element = Element::of(told_watermark_);
    return true;
  }
  if (told_state_ != State::kIdle && state == State::kIdle) {
    told_state_ = State::kIdle;
    element = Element::sign(Element::Kind::kIdle);
    return true;
  }
  if (ended_ == inputs_.size() && !end_delivered_) {
    end_delivered_ = true;
    element = Element::sign(Element::Kind::kEnd);
    return true;
  }
  return false;
}

}  // namespace weir::runtime
