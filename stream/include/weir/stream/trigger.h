#pragma once

#include <cstdint>
#include <type_traits>
#include <variant>

#include "weir/core/time.h"
#include "weir/stream/operators/window_assigners.h"
#include "weir/stream/operators/window_entry.h"
#include "weir/stream/windows.h"

// What a trigger is written with: see TriggeredStream::trigger() and docs/windows.md. Those that come with Weir are in
// triggers.h.

namespace weir {

/// What becomes of a window: fire gives its contents to the window function, purge drops them.
enum class TriggerResult : std::uint8_t { kContinue, kFire, kPurge, kFireAndPurge };

constexpr bool fires(TriggerResult result) {
  return result == TriggerResult::kFire || result == TriggerResult::kFireAndPurge;
}
constexpr bool purges(TriggerResult result) {
  return result == TriggerResult::kPurge || result == TriggerResult::kFireAndPurge;
}

namespace detail {

/// The window that a trigger is called for, and what time it is. Thread: task thread only.
class TriggerMoment {
 public:
  Watermark watermark;
  Timestamp processing_time = Timestamp::min();
  bool draining = false;  ///< processing time has ended

  /// Calls are about this window from now on. When time has ended, only timers up to these times can still be set: the
  /// window ends then. Requires: the timers live until the next call.
  void enter(const Window& window, WindowTimers& event, WindowTimers& processing, Timestamp event_end,
             Timestamp processing_end);

  bool set_event_timer(Timestamp time);
  bool set_processing_timer(Timestamp time);
  bool cancel_event_timer(Timestamp time) { return event_->cancel(time); }
  bool cancel_processing_timer(Timestamp time) { return processing_->cancel(time); }

 private:
  void check(Timestamp time) const;

  Window window_{};
  WindowTimers* event_ = nullptr;
  WindowTimers* processing_ = nullptr;
  Timestamp event_end_{};
  Timestamp processing_end_{};
};

/// A trigger without a State of its own.
using NoTriggerState = std::monostate;

template <class Trigger>
constexpr auto trigger_state() {
  if constexpr (requires { typename Trigger::State; }) {
    return std::type_identity<typename Trigger::State>{};
  } else {
    return std::type_identity<NoTriggerState>{};
  }
}

/// What a trigger keeps for each window of a key.
template <class Trigger>
using TriggerStateOf = typename decltype(trigger_state<Trigger>())::type;

}  // namespace detail

/// What a trigger is told of the window at hand, and where it sets timers. Valid during the call. `State` is the
/// trigger's own, of this window and key: it begins as State{}, is part of checkpoints, and ends with the window.
template <class State = detail::NoTriggerState>
class TriggerContext {
 public:
  TriggerContext(detail::TriggerMoment& moment, State& state) : moment_(moment), state_(state) {}

  State& state() const { return state_; }

  /// No record up to it is to come. Watermark::end(): the input has ended.
  Watermark watermark() const { return moment_.watermark; }
  /// The wall clock when the batch came, or the timer was due; it never goes back.
  Timestamp processing_time() const { return moment_.processing_time; }

  /// Sets a timer of the window: on_event_time() is called when the watermark reaches `time`, at once if it has
  /// already. A window has at most one timer for a time in each domain; they end with it. False: it is set already, or
  /// the input has ended and time with it. Errors: UserError for a time beyond +-2.5e14 ms.
  bool set_event_timer(Timestamp time) const { return moment_.set_event_timer(time); }
  /// on_processing_time() is called when the clock has passed `time`.
  bool set_processing_timer(Timestamp time) const { return moment_.set_processing_timer(time); }

  /// Takes a timer of the window back. False: there is none.
  bool cancel_event_timer(Timestamp time) const { return moment_.cancel_event_timer(time); }
  bool cancel_processing_timer(Timestamp time) const { return moment_.cancel_processing_timer(time); }

 private:
  detail::TriggerMoment& moment_;
  State& state_;
};

namespace detail {

template <class Trigger>
concept HasOnEventTime = requires { &Trigger::on_event_time; };
template <class Trigger>
concept HasOnProcessingTime = requires { &Trigger::on_processing_time; };
template <class Trigger>
concept ChecksWindows = requires(const Trigger& trigger, WindowTime time) { trigger.check_windows(time); };

/// on_element(const T&, Timestamp, const Window&, TriggerContext<State>&) -> TriggerResult.
template <class Trigger, class T>
constexpr bool is_trigger() {
  return requires(Trigger& trigger, const T& element, Timestamp time, const Window& window,
                  TriggerContext<TriggerStateOf<Trigger>>& context) {
    { trigger.on_element(element, time, window, context) } -> std::same_as<TriggerResult>;
  };
}

/// What it has besides: on_event_time and on_processing_time(Timestamp, const Window&, TriggerContext<State>&).
template <class Trigger>
constexpr bool timer_calls_fit() {
  using Context = TriggerContext<TriggerStateOf<Trigger>>;
  if constexpr (HasOnEventTime<Trigger>) {
    if (!requires(Trigger& trigger, Timestamp time, const Window& window, Context& context) {
          { trigger.on_event_time(time, window, context) } -> std::same_as<TriggerResult>;
        })
      return false;
  }
  if constexpr (HasOnProcessingTime<Trigger>) {
    if (!requires(Trigger& trigger, Timestamp time, const Window& window, Context& context) {
          { trigger.on_processing_time(time, window, context) } -> std::same_as<TriggerResult>;
        })
      return false;
  }
  return true;
}

/// on_merge(const Window&, TriggerContext<State>&) and, with a State, merge(State& into, const State& from).
template <class Trigger>
constexpr bool merges_windows() {
  using State = TriggerStateOf<Trigger>;
  if (!requires(Trigger& trigger, const Window& window, TriggerContext<State>& context) {
        trigger.on_merge(window, context);
      })
    return false;
  return std::is_same_v<State, NoTriggerState> ||
         requires(Trigger& trigger, State& into, const State& from) { trigger.merge(into, from); };
}

}  // namespace detail

}  // namespace weir
