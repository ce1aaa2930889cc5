#include "weir/stream/operators/split_watermarks.h"

#include <algorithm>

#include "weir/core/check.h"
#include "weir/core/snapshot.h"

namespace weir::detail {

namespace {

/// A watermark flushes half-filled batches behind it; under load it comes only this often.
constexpr int kBatchesPerWatermark = 8;

/// Four at a time, so that no comparison waits for the one before it; as plain numbers, because the compiler keeps what
/// std::max refers to in memory.
Timestamp largest_of(std::span<const Timestamp> timestamps) {
  const auto raise = [](std::int64_t& maximum, Timestamp timestamp) {
    const std::int64_t ms = to_ms(timestamp);
    maximum = ms > maximum ? ms : maximum;
  };
  std::int64_t a = to_ms(kNoTimestamp);
  std::int64_t b = a;
  std::int64_t c = a;
  std::int64_t d = a;
  std::size_t i = 0;
  for (; i + 4 <= timestamps.size(); i += 4) {
    raise(a, timestamps[i]);
    raise(b, timestamps[i + 1]);
    raise(c, timestamps[i + 2]);
    raise(d, timestamps[i + 3]);
  }
  for (; i < timestamps.size(); ++i) raise(a, timestamps[i]);
  return timestamp_ms(std::max({a, b, c, d}));
}

}  // namespace

void SplitWatermarks::open(const OperatorContext& context) {
  host_ = context.host;
  metrics_ = context.metrics;
}

void SplitWatermarks::add_split() {
  merger_.add_input();
  splits_.push_back({host_->monotonic_now(), kNoTimestamp, Watermark::none()});
}

std::size_t SplitWatermarks::split_of(const BatchBase& batch) {
  if (splits_.empty()) add_split();
  const std::size_t split = batch.split().value();
  WEIR_CHECK(split < splits_.size(), split, splits_.size());
  return split;
}

void SplitWatermarks::before_records(std::size_t split, Outputs& out) {
  if (promises_to_take_up_) [[unlikely]]
    take_up_promises();
  if (strategy_.idle_timeout) splits_[split].last_record = host_->monotonic_now();
  if (merger_.state(split) == WatermarkMerger::State::kIdle) merger_.set_active(split);
  if (!told_idle_) return;
  told_idle_ = false;
  out.active();
}

Timestamp SplitWatermarks::largest(std::span<const Timestamp> timestamps) const {
  const Timestamp maximum = largest_of(timestamps);
  if (!strategy_.far_future) return maximum;
  const Timestamp limit = host_->wall_now() + *strategy_.far_future;
  if (maximum <= limit) return maximum;
  Timestamp largest = kNoTimestamp;
  std::uint64_t beyond = 0;
  for (const Timestamp timestamp : timestamps) {
    if (timestamp > limit) {
      ++beyond;
    } else {
      largest = std::max(largest, timestamp);
    }
  }
  add_to(metrics_->far_future, beyond);
  return largest;
}

void SplitWatermarks::after_records(std::size_t split, Timestamp maximum, Outputs& out) {
  Split& of = splits_[split];
  if (maximum > of.maximum) {
    of.maximum = maximum;
    promise(split, Watermark(maximum - strategy_.out_of_orderness - Duration{1}));
  }
  if (++held_back_ >= kBatchesPerWatermark) tell(out);
}

void SplitWatermarks::advance(std::size_t split, Watermark watermark, Outputs& out) {
  promise(split, watermark);
  tell(out);
}

void SplitWatermarks::promise(std::size_t split, Watermark watermark) {
  splits_[split].promised = std::max(splits_[split].promised, watermark);
  merger_.advance(split, watermark);
}

void SplitWatermarks::take_up_promises() {
  promises_to_take_up_ = false;
  for (std::size_t split = 0; split < splits_.size(); ++split) {
    const WatermarkMerger::State state = merger_.state(split);
    if (state == WatermarkMerger::State::kFinished) continue;
    merger_.advance(split, splits_[split].promised);
    if (state == WatermarkMerger::State::kIdle) merger_.set_idle(split);
  }
}

void SplitWatermarks::on_split(SplitIndex split, SplitEvent event, Outputs& out) {
  if (event != SplitEvent::kBegin && promises_to_take_up_) take_up_promises();
  switch (event) {
    case SplitEvent::kBegin:
      if (!source_splits_) leave_exchange();
      WEIR_CHECK(split.value() == splits_.size(), split.value(), splits_.size());
      add_split();
      break;
    case SplitEvent::kIdle:
      merger_.set_idle(split.value());
      break;
    case SplitEvent::kFinished:
      merger_.set_finished(split.value());
      break;
  }
  tell(out);
}

/// The parallelism of what comes before has changed, so that this is chained to it now.
void SplitWatermarks::leave_exchange() {
  splits_.clear();
  merger_ = WatermarkMerger();
  source_splits_ = true;
}

void SplitWatermarks::on_watermark(Watermark watermark, Outputs& out) {
  if (watermark != Watermark::end()) return;
  if (told_idle_) out.active();
  told_idle_ = false;
  told_ = watermark;
  out.watermark(watermark);
}

void SplitWatermarks::on_time(Outputs& out) {
  const MonotonicTime now = host_->monotonic_now();
  for (std::size_t s = 0; s < splits_.size(); ++s) {
    if (merger_.state(s) == WatermarkMerger::State::kActive && splits_[s].last_record + *strategy_.idle_timeout <= now)
      merger_.set_idle(s);
  }
  tell(out);
}

Deadline SplitWatermarks::next_deadline() const {
  Deadline deadline;
  if (!strategy_.idle_timeout) return deadline;
  for (std::size_t s = 0; s < splits_.size(); ++s) {
    if (merger_.state(s) == WatermarkMerger::State::kActive)
      deadline.monotonic = std::min(deadline.monotonic, splits_[s].last_record + *strategy_.idle_timeout);
  }
  return deadline;
}

void SplitWatermarks::save(SavedValues& values) const {
  values.put("told", told_.time());
  if (!source_splits_ && !splits_.empty()) save_split(0, values);
}

void SplitWatermarks::restore(const SavedValues& values) {
  if (const auto told = values.get<Timestamp>("told")) told_ = Watermark(*told);
  if (!values.get<Timestamp>("promised")) return;
  add_split();
  restore_split(0, values);
}

void SplitWatermarks::restore_rescaled(const std::vector<SavedValues>& before) {
  // One that told nothing at all has promised nothing either.
  bool any_open = false;
  Watermark told = Watermark::end();
  for (const SavedValues& values : before) {
    const Watermark of(values.get<Timestamp>("told").value_or(Timestamp::min()));
    told = std::min(told, of);
    any_open = any_open || of != Watermark::end();
  }
  told_ = any_open ? told : Watermark::none();
}

void SplitWatermarks::save_split(std::size_t split, SavedValues& values) const {
  values.put("maximum", splits_[split].maximum);
  values.put("promised", splits_[split].promised.time());
}

void SplitWatermarks::restore_split(std::size_t split, const SavedValues& values) {
  if (const auto maximum = values.get<Timestamp>("maximum")) splits_[split].maximum = *maximum;
  if (const auto promised = values.get<Timestamp>("promised")) splits_[split].promised = Watermark(*promised);
  promises_to_take_up_ = true;
}

void SplitWatermarks::tell(Outputs& out) {
  using State = WatermarkMerger::State;
  held_back_ = 0;
  if (merger_.inputs() == 0 || told_ == Watermark::end()) return;
  // All splits finished is not the end: more may be assigned; the end of input comes from the source itself.
  if (merger_.state() == State::kActive && told_ < merger_.watermark()) {
    told_ = merger_.watermark();
    if (told_idle_) out.active();
    told_idle_ = false;
    out.watermark(told_);
  }
  const bool idle = merger_.state() != State::kActive;
  if (idle == told_idle_) return;
  told_idle_ = idle;
  if (idle) {
    out.idle();
  } else {
    out.active();
  }
}

}  // namespace weir::detail
