#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/operator.h"
#include "weir/core/time.h"
#include "weir/state/current_key.h"
#include "weir/state/expiring_list_state.h"
#include "weir/state/expiring_map_state.h"
#include "weir/state/expiring_value_state.h"
#include "weir/state/list_state.h"
#include "weir/state/map_state.h"
#include "weir/state/time_domain.h"
#include "weir/state/timers.h"
#include "weir/state/ttl.h"
#include "weir/state/value_state.h"
#include "weir/stream/function.h"

// What a process function is written with: see KeyedStream::process() and docs/process-functions.md.

namespace weir {

template <class K>
class ProcessOpening;

namespace detail {

/// `kept`: open() has kept it, but no key is at hand.
[[noreturn]] void throw_state_not_there(const std::string& name, bool kept);

[[noreturn]] void throw_wrong_timer(Timestamp time, bool calls_timers);

inline void check_timer(Timestamp time, bool calls_timers) {
  if (!calls_timers || !in_range(time)) [[unlikely]]
    throw_wrong_timer(time, calls_timers);
}

}  // namespace detail

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

  /// Errors: UserError for a state that open() has not kept, and where no key is at hand: in open(), restored(),
  /// close(), and for a record of a broadcast stream.
  State& operator*() const {
    if (state_ == nullptr || !*key_at_hand_) [[unlikely]]
      detail::throw_state_not_there(name_, state_ != nullptr);
    return *state_;
  }
  State* operator->() const { return &**this; }

 private:
  template <class>
  friend class ProcessOpening;

  std::string name_;
  std::unique_ptr<State> state_;
  const bool* key_at_hand_ = nullptr;
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

/// The same with a time to live: `weir::ExpiringValueState<Key, T> last{"last", {.ttl = 30min}};`.
template <class State>
class ExpiringState : public DeclaredState<State> {
 public:
  ExpiringState(std::string name, StateTtl ttl) : DeclaredState<State>(std::move(name)), ttl_(ttl) {}

 private:
  template <class>
  friend class ProcessOpening;

  StateTtl ttl_;
};

/// A value for each key, until it expires: get(), update(), set(), clear().
template <class K, class V>
using ExpiringValueState = ExpiringState<state::ExpiringValueState<K, V>>;
/// A list for each key, each element of which expires for itself: add(), size(), for_each(), drop_first(), clear().
template <class K, class V>
using ExpiringListState = ExpiringState<state::ExpiringListState<K, V>>;
/// A map for each key, each entry of which expires for itself: as MapState.
template <class K, class MapKey, class V>
using ExpiringMapState = ExpiringState<state::ExpiringMapState<K, MapKey, V>>;

namespace detail {

/// Where a process function is just now: its key, its time, its timers. Thread: task thread only.
template <class K>
struct ProcessMoment : FunctionMoment {
  state::CurrentKey<K> key;
  state::Timers<K> event_timers{key};
  state::Timers<K> processing_timers{key};
  bool calls_timers = false;  ///< the function has an on_timer()
  bool draining = false;      ///< processing time has ended
  TimeDomain domain = TimeDomain::kEventTime;
};

}  // namespace detail

/// What a process function's open() is given. It keeps list states (OperatorListState, UnionListState) as well.
template <class K>
class ProcessOpening : public FunctionOpening {
 public:
  /// Without `state`, states of keys end with the operator.
  ProcessOpening(const detail::ProcessMoment<K>& moment, state::KeyedState* state, detail::SubtaskStates& states,
                 const OperatorContext& context)
      : FunctionOpening(states, context), key_(moment.key), clocks_(moment), state_(state) {}

  using FunctionOpening::keep;

  /// Keeps a state of keys: from now on it can be used, and it survives failures under its name. Errors: UserError for
  /// a name that the function has given already.
  template <class State>
  void keep(DeclaredState<State>& declared) {
    note(declared.name_);
    declared.state_ = std::make_unique<State>(key_);
    declared.key_at_hand_ = &key_.at_hand();
    if (state_ != nullptr) declared.state_->open(*state_, declared.name_);
  }
  /// Errors: also for a time to live that is not positive.
  template <class State>
  void keep(ExpiringState<State>& declared) {
    note(declared.name_);
    declared.state_ = std::make_unique<State>(key_, declared.ttl_, clocks_);
    declared.key_at_hand_ = &key_.at_hand();
    if (state_ != nullptr) declared.state_->open(*state_, declared.name_);
  }

 private:
  const state::CurrentKey<K>& key_;
  const state::StateClocks& clocks_;
  state::KeyedState* state_;
};

/// What a process function is told of the record or timer at hand, and where it sets timers. Valid during the call.
///
/// timestamp(): of the record, or the time that the timer was set for. processing_time(): the wall clock when the batch
/// came, or the timer was due.
template <class K>
class ProcessContext : public FunctionContext {
 public:
  /// std::string_view for texts.
  using KeyView = typename state::CurrentKey<K>::View;

  explicit ProcessContext(detail::ProcessMoment<K>& moment) : FunctionContext(moment), moment_(moment) {}

  const KeyView& key() const { return moment_.key.key(); }

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

/// What a process function is told of a record or timer when it reads a broadcast state besides.
template <class K>
class KeyedReadOnlyContext : public ProcessContext<K> {
 public:
  using ProcessContext<K>::ProcessContext;

  /// Errors: UserError if the stream was not broadcast with this descriptor.
  template <class MapKey, class V>
  const BroadcastState<MapKey, V>& broadcast_state(const MapStateDescriptor<MapKey, V>& descriptor) const {
    return this->moment().broadcast->find(descriptor);
  }
};

}  // namespace weir
