#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/operator.h"
#include "weir/core/time.h"
#include "weir/state/current_key.h"
#include "weir/state/list_state.h"
#include "weir/state/map_state.h"
#include "weir/state/timers.h"
#include "weir/state/value_state.h"

// What a process function is written with: see KeyedStream::process() and docs/process-functions.md.

namespace weir {

template <class K>
class ProcessOpening;

namespace detail {

[[noreturn]] void throw_state_not_kept(const std::string& name);

/// Notes a state's name. Errors: UserError if it is empty or was noted before.
void note_state(const std::string& name, std::vector<std::string>& names);

[[noreturn]] void throw_wrong_timer(Timestamp time, bool calls_timers);

inline void check_timer(Timestamp time, bool calls_timers) {
  if (!calls_timers || !in_range(time)) [[unlikely]]
    throw_wrong_timer(time, calls_timers);
}

}  // namespace detail

/// Which clock a timer goes by.
enum class TimeDomain : std::uint8_t { kEventTime, kProcessingTime };

/// A keyed state that a process function declares by its name: `weir::ValueState<Key, T> total{"total"};`.
///
/// It is there once open() has kept it; calls through -> and * are about the key of the record or timer at hand. A copy
/// has the same name and no contents. Thread: task thread only.
template <class State>
class DeclaredState {
 public:
  explicit DeclaredState(std::string name) : name_(std::move(name)) {}
  DeclaredState(const DeclaredState& other) : name_(other.name_) {}
  DeclaredState& operator=(const DeclaredState&) = delete;

  /// Errors: UserError for a state that open() has not kept.
  State& operator*() const {
    if (state_ == nullptr) [[unlikely]]
      detail::throw_state_not_kept(name_);
    return *state_;
  }
  State* operator->() const { return &**this; }

 private:
  template <class>
  friend class ProcessOpening;

  std::string name_;
  std::unique_ptr<State> state_;
};

/// A value for each key: get(), update(), set(), clear().
template <class K, class V>
using ValueState = DeclaredState<state::ValueState<K, V>>;
/// A list for each key: add(), size(), [], update(), for_each(), drop_first(), clear().
template <class K, class V>
using ListState = DeclaredState<state::ListState<K, V>>;
/// A map for each key: get(), update(), set(), erase(), size(), for_each(), clear().
template <class K, class MapKey, class V>
using MapState = DeclaredState<state::MapState<K, MapKey, V>>;

namespace detail {

/// Where a process function is just now: its key, its time, its timers. Thread: task thread only.
template <class K>
struct ProcessMoment {
  ProcessMoment() = default;
  ProcessMoment(const ProcessMoment&) = delete;
  ProcessMoment& operator=(const ProcessMoment&) = delete;

  state::CurrentKey<K> key;
  state::Timers<K> event_timers{key};
  state::Timers<K> processing_timers{key};
  bool calls_timers = false;  ///< the function has an on_timer()
  bool draining = false;      ///< processing time has ended
  Timestamp timestamp{};
  TimeDomain domain = TimeDomain::kEventTime;
  Watermark watermark;
  Timestamp processing_time = Timestamp::min();
};

}  // namespace detail

/// What a process function's open() is given.
template <class K>
class ProcessOpening {
 public:
  /// Without `state`, states end with the operator.
  ProcessOpening(const state::CurrentKey<K>& key, state::KeyedState* state, const OperatorContext& context)
      : key_(key), state_(state), context_(context) {}

  /// Keeps a state: from now on it can be used, and it survives failures under its name. Errors: UserError for a name
  /// that the function has given already.
  template <class State>
  void keep(DeclaredState<State>& declared) {
    detail::note_state(declared.name_, names_);
    declared.state_ = std::make_unique<State>(key_);
    if (state_ != nullptr) declared.state_->open(*state_, declared.name_);
  }

  std::uint32_t subtask() const { return context_.subtask.value(); }  ///< 0-based
  std::uint32_t parallelism() const { return context_.parallelism; }

 private:
  const state::CurrentKey<K>& key_;
  state::KeyedState* state_;
  const OperatorContext& context_;
  std::vector<std::string> names_;
};

/// What a process function is told of the record or timer at hand, and where it sets timers. Valid during the call.
template <class K>
class ProcessContext {
 public:
  /// std::string_view for texts.
  using KeyView = typename state::CurrentKey<K>::View;

  explicit ProcessContext(detail::ProcessMoment<K>& moment) : moment_(moment) {}

  const KeyView& key() const { return moment_.key.key(); }

  /// Of the record, or the time that the timer was set for.
  Timestamp timestamp() const { return moment_.timestamp; }
  /// No record up to it is to come; one that does is late. Watermark::end(): the input has ended.
  Watermark watermark() const { return moment_.watermark; }
  /// The wall clock when the batch came, or the timer was due; it never goes back.
  Timestamp processing_time() const { return moment_.processing_time; }
  /// In on_timer(): the clock by which the timer went.
  TimeDomain domain() const { return moment_.domain; }

  /// Sets a timer of the key at hand: on_timer() is called when time has come to it, at once if it has already. A key
  /// has at most one timer for a time in each domain. False: it is set already, or the input has ended and time with
  /// it. Errors: UserError for a time beyond +-2.5e14 ms, or if there is no on_timer().
  bool set_event_timer(Timestamp time) {
    detail::check_timer(time, moment_.calls_timers);
    return moment_.watermark != Watermark::end() && moment_.event_timers.set(time);
  }
  bool set_processing_timer(Timestamp time) {
    detail::check_timer(time, moment_.calls_timers);
    return !moment_.draining && moment_.processing_timers.set(time);
  }

  /// Takes a timer of the key at hand back. False: there is none.
  bool cancel_event_timer(Timestamp time) { return moment_.event_timers.cancel(time); }
  bool cancel_processing_timer(Timestamp time) { return moment_.processing_timers.cancel(time); }

 private:
  detail::ProcessMoment<K>& moment_;
};

}  // namespace weir
