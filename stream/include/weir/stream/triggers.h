#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "weir/core/fields.h"
#include "weir/stream/trigger.h"

// The triggers that come with Weir. One of one's own is a struct with:
//
//   struct State { ... };  // WEIR_FIELDS; optional: kept for each window and key, gone with the window
//   TriggerResult on_element(const T&, Timestamp, const Window&, TriggerContext<State>&);
//   TriggerResult on_event_time(Timestamp, const Window&, TriggerContext<State>&);       // optional
//   TriggerResult on_processing_time(Timestamp, const Window&, TriggerContext<State>&);  // optional
//   void on_merge(const Window& merged, TriggerContext<State>&);  // for sessions: sets the timers anew, all are gone
//   void merge(State& into, const State& from);                   // for sessions, with a State: called before on_merge

namespace weir {

/// Fires when the watermark passes the end of the window; at every record that comes later.
struct EventTimeTrigger {
  template <class T>
  TriggerResult on_element(const T&, Timestamp, const Window& window, TriggerContext<>& context) const {
    if (context.watermark().passes(window.max_timestamp())) return TriggerResult::kFire;
    context.set_event_timer(window.max_timestamp());
    return TriggerResult::kContinue;
  }
  TriggerResult on_event_time(Timestamp time, const Window& window, TriggerContext<>&) const {
    return time == window.max_timestamp() ? TriggerResult::kFire : TriggerResult::kContinue;
  }
  void on_merge(const Window& window, TriggerContext<>& context) const {
    if (!context.watermark().passes(window.max_timestamp())) context.set_event_timer(window.max_timestamp());
  }
  /// Errors: UserError for windows of processing time.
  void check_windows(detail::WindowTime time) const;
};

/// Fires when the wall clock passes the end of the window.
struct ProcessingTimeTrigger {
  template <class T>
  TriggerResult on_element(const T&, Timestamp, const Window& window, TriggerContext<>& context) const {
    context.set_processing_timer(window.max_timestamp());
    return TriggerResult::kContinue;
  }
  TriggerResult on_processing_time(Timestamp, const Window&, TriggerContext<>&) const { return TriggerResult::kFire; }
  void on_merge(const Window& window, TriggerContext<>& context) const {
    context.set_processing_timer(window.max_timestamp());
  }
};

/// Fires at every n-th record of a window since it last did.
class CountTrigger {
 public:
  struct State {
    std::int64_t count = 0;
    friend bool operator==(const State&, const State&) = default;
    friend constexpr auto weir_fields(FieldsOf<State>) { return detail::make_fields<&State::count>("State", "count"); }
  };

  /// Errors: UserError unless `count` is positive.
  static CountTrigger of(std::int64_t count);

  template <class T>
  TriggerResult on_element(const T&, Timestamp, const Window&, TriggerContext<State>& context) const {
    State& state = context.state();
    if (++state.count < count_) return TriggerResult::kContinue;
    state.count = 0;
    return TriggerResult::kFire;
  }
  void on_merge(const Window&, TriggerContext<State>&) const {}
  void merge(State& into, const State& from) const { into.count += from.count; }

 private:
  explicit CountTrigger(std::int64_t count) : count_(count) {}

  std::int64_t count_;
};

namespace detail {

/// When a window fires next.
struct NextFiring {
  std::optional<Timestamp> time;
  friend bool operator==(const NextFiring&, const NextFiring&) = default;
};
WEIR_FIELDS(NextFiring, time);

/// Errors: UserError unless `interval` is from 1 ms to 1e14 ms.
Duration checked_interval(const char* trigger, Duration interval);

/// The earlier one.
void merge_firings(NextFiring& into, const NextFiring& from);

/// The end of the interval, aligned to the epoch, that holds `time`; `last` if that comes first, and is still to come.
Timestamp next_firing(Timestamp time, Duration interval, Timestamp last);

}  // namespace detail

/// Fires whenever the watermark passes a multiple of the interval since a record has come, and when it passes the end
/// of the window; at every record that comes later.
class ContinuousEventTimeTrigger {
 public:
  using State = detail::NextFiring;

  /// Errors: UserError unless the interval is from 1 ms to 1e14 ms.
  static ContinuousEventTimeTrigger of(Duration interval) {
    return ContinuousEventTimeTrigger(detail::checked_interval("ContinuousEventTimeTrigger", interval));
  }

  template <class T>
  TriggerResult on_element(const T&, Timestamp time, const Window& window, TriggerContext<State>& context) const {
    if (context.watermark().passes(window.max_timestamp())) return TriggerResult::kFire;
    context.set_event_timer(window.max_timestamp());
    if (!context.state().time) set_next(time, window, context);
    return TriggerResult::kContinue;
  }
  TriggerResult on_event_time(Timestamp time, const Window& window, TriggerContext<State>& context) const;
  void on_merge(const Window& window, TriggerContext<State>& context) const;
  void merge(State& into, const State& from) const { detail::merge_firings(into, from); }
  /// Errors: UserError for windows of processing time.
  void check_windows(detail::WindowTime time) const;

 private:
  explicit ContinuousEventTimeTrigger(Duration interval) : interval_(interval) {}
  void set_next(Timestamp time, const Window& window, TriggerContext<State>& context) const;

  Duration interval_;
};

/// Fires whenever the wall clock passes a multiple of the interval since a record has come, and, in windows of
/// processing time, when it passes the end of the window.
class ContinuousProcessingTimeTrigger {
 public:
  using State = detail::NextFiring;

  /// Errors: UserError unless the interval is from 1 ms to 1e14 ms.
  static ContinuousProcessingTimeTrigger of(Duration interval) {
    return ContinuousProcessingTimeTrigger(detail::checked_interval("ContinuousProcessingTimeTrigger", interval));
  }

  template <class T>
  TriggerResult on_element(const T&, Timestamp, const Window& window, TriggerContext<State>& context) const {
    if (!context.state().time) set_next(context.processing_time(), window, context);
    return TriggerResult::kContinue;
  }
  TriggerResult on_processing_time(Timestamp time, const Window& window, TriggerContext<State>& context) const;
  void on_merge(const Window& window, TriggerContext<State>& context) const;
  void merge(State& into, const State& from) const { detail::merge_firings(into, from); }

 private:
  explicit ContinuousProcessingTimeTrigger(Duration interval) : interval_(interval) {}
  void set_next(Timestamp time, const Window& window, TriggerContext<State>& context) const;

  Duration interval_;
};

namespace detail {

/// As another trigger, but what fires is purged too.
template <class Trigger>
class Purging {
 public:
  using State = TriggerStateOf<Trigger>;

  explicit Purging(Trigger trigger) : trigger_(std::move(trigger)) {}

  template <class T>
  TriggerResult on_element(const T& element, Timestamp time, const Window& window, TriggerContext<State>& context) {
    return purging(trigger_.on_element(element, time, window, context));
  }
  TriggerResult on_event_time(Timestamp time, const Window& window, TriggerContext<State>& context)
    requires HasOnEventTime<Trigger>
  {
    return purging(trigger_.on_event_time(time, window, context));
  }
  TriggerResult on_processing_time(Timestamp time, const Window& window, TriggerContext<State>& context)
    requires HasOnProcessingTime<Trigger>
  {
    return purging(trigger_.on_processing_time(time, window, context));
  }
  void on_merge(const Window& window, TriggerContext<State>& context)
    requires(merges_windows<Trigger>())
  {
    trigger_.on_merge(window, context);
  }
  void merge(State& into, const State& from)
    requires(merges_windows<Trigger>() && !std::is_same_v<State, NoTriggerState>)
  {
    trigger_.merge(into, from);
  }
  void check_windows(WindowTime time) const
    requires ChecksWindows<Trigger>
  {
    trigger_.check_windows(time);
  }

 private:
  static TriggerResult purging(TriggerResult result) { return fires(result) ? TriggerResult::kFireAndPurge : result; }

  Trigger trigger_;
};

/// Fires when time passes the end of the window: what windows do without a trigger of their own.
struct EndOfWindowTrigger {
  bool event_time = true;

  template <class T>
  TriggerResult on_element(const T& element, Timestamp time, const Window& window, TriggerContext<>& context) const {
    return event_time ? EventTimeTrigger().on_element(element, time, window, context)
                      : ProcessingTimeTrigger().on_element(element, time, window, context);
  }
  TriggerResult on_event_time(Timestamp time, const Window& window, TriggerContext<>& context) const {
    return EventTimeTrigger().on_event_time(time, window, context);
  }
  TriggerResult on_processing_time(Timestamp time, const Window& window, TriggerContext<>& context) const {
    return ProcessingTimeTrigger().on_processing_time(time, window, context);
  }
  void on_merge(const Window& window, TriggerContext<>& context) const {
    if (event_time) {
      EventTimeTrigger().on_merge(window, context);
    } else {
      ProcessingTimeTrigger().on_merge(window, context);
    }
  }
};

/// Global windows without a trigger.
struct NeverTrigger {
  template <class T>
  TriggerResult on_element(const T&, Timestamp, const Window&, TriggerContext<>&) const {
    return TriggerResult::kContinue;
  }
};

}  // namespace detail

/// Makes a trigger drop a window's contents whenever it fires: PurgingTrigger::of(CountTrigger::of(3)).
struct PurgingTrigger {
  template <class Trigger>
  static detail::Purging<Trigger> of(Trigger trigger) {
    return detail::Purging<Trigger>(std::move(trigger));
  }
};

}  // namespace weir
