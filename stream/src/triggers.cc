#include "weir/stream/triggers.h"

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir {

namespace {

/// Longer than that, arithmetic on the largest timestamps could overflow.
constexpr Duration kLongest{100'000'000'000'000};

void check_event_time(const char* trigger, const char* instead, detail::WindowTime time) {
  if (time == detail::WindowTime::kProcessing)
    throw UserError(
        fmt::format("{} goes by watermarks, but these windows end by the wall clock: use {}, or windows of event time",
                    trigger, instead));
}

}  // namespace

namespace detail {

void TriggerMoment::enter(const Window& window, WindowTimers& event, WindowTimers& processing, Timestamp event_end,
                          Timestamp processing_end) {
  window_ = window;
  event_ = &event;
  processing_ = &processing;
  event_end_ = event_end;
  processing_end_ = processing_end;
}

bool TriggerMoment::set_event_timer(Timestamp time) {
  check(time);
  if (watermark == Watermark::end() && time > event_end_) return false;
  return event_->set(time);
}

bool TriggerMoment::set_processing_timer(Timestamp time) {
  check(time);
  if (draining && time > processing_end_) return false;
  return processing_->set(time);
}

void TriggerMoment::check(Timestamp time) const {
  if (in_range(time) || time == window_.max_timestamp()) return;
  throw UserError(fmt::format("a trigger sets a timer for {} ms, which is out of range: times go from {} to {} ms",
                              to_ms(time), to_ms(kMinTimestamp), to_ms(kMaxTimestamp)));
}

Duration checked_interval(const char* trigger, Duration interval) {
  if (interval < Duration{1} || interval > kLongest)
    throw UserError(fmt::format("{}: the interval must be from 1 ms to {} ms, it is {} ms", trigger, kLongest.count(),
                                interval.count()));
  return interval;
}

void merge_firings(NextFiring& into, const NextFiring& from) {
  if (from.time && (!into.time || *from.time < *into.time)) into.time = from.time;
}

Timestamp next_firing(Timestamp time, Duration interval, Timestamp last) {
  const Timestamp next = align_down(time, interval) + interval;
  return time < last ? std::min(next, last) : next;
}

}  // namespace detail

void EventTimeTrigger::check_windows(detail::WindowTime time) const {
  check_event_time("EventTimeTrigger", "ProcessingTimeTrigger", time);
}

CountTrigger CountTrigger::of(std::int64_t count) {
  if (count <= 0) throw UserError(fmt::format("CountTrigger: the count must be positive, it is {}", count));
  return CountTrigger(count);
}

TriggerResult ContinuousEventTimeTrigger::on_event_time(Timestamp time, const Window& window,
                                                        TriggerContext<State>& context) const {
  if (time == window.max_timestamp()) return TriggerResult::kFire;
  if (context.state().time != time) return TriggerResult::kContinue;
  set_next(time, window, context);
  return TriggerResult::kFire;
}

void ContinuousEventTimeTrigger::on_merge(const Window&, TriggerContext<State>& context) const {
  if (context.state().time) context.set_event_timer(*context.state().time);
}

void ContinuousEventTimeTrigger::check_windows(detail::WindowTime time) const {
  check_event_time("ContinuousEventTimeTrigger", "ContinuousProcessingTimeTrigger", time);
}

void ContinuousEventTimeTrigger::set_next(Timestamp time, const Window& window, TriggerContext<State>& context) const {
  const Timestamp next = detail::next_firing(time, interval_, window.max_timestamp());
  context.state().time = next;
  context.set_event_timer(next);
}

TriggerResult ContinuousProcessingTimeTrigger::on_processing_time(Timestamp time, const Window& window,
                                                                  TriggerContext<State>& context) const {
  if (context.state().time != time) return TriggerResult::kContinue;
  set_next(time, window, context);
  return TriggerResult::kFire;
}

void ContinuousProcessingTimeTrigger::on_merge(const Window&, TriggerContext<State>& context) const {
  if (context.state().time) context.set_processing_timer(*context.state().time);
}

void ContinuousProcessingTimeTrigger::set_next(Timestamp time, const Window& window,
                                               TriggerContext<State>& context) const {
  const Timestamp next = detail::next_firing(time, interval_, window.max_timestamp());
  context.state().time = next;
  context.set_processing_timer(next);
}

}  // namespace weir
