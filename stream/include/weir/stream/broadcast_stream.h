#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/stream/broadcast_state.h"
#include "weir/stream/connected_streams.h"
#include "weir/stream/operators/broadcast_operators.h"
#include "weir/stream/stream.h"

namespace weir {

/// A stream whose records every subtask of an operator gets, with the state that it keeps of them: what connect()
/// takes.
template <class T>
class BroadcastStream {
 public:
  /// Requires: each of `make` makes the state of one of `names`. Errors: UserError for a name that is empty or there
  /// twice.
  BroadcastStream(Stream<T> stream, const std::vector<std::string>& names, std::vector<detail::MakeBroadcastState> make)
      : stream_(std::move(stream)), states_(std::move(make)) {
    detail::check_broadcast_names(names);
  }

 private:
  template <class A, class B>
  friend class BroadcastConnectedStream;
  template <class A, class KeyOfA, class B>
  friend class KeyedBroadcastConnectedStream;

  Stream<T> stream_;
  std::vector<detail::MakeBroadcastState> states_;
};

/// A stream and a broadcast one on their way into one operator: process follows.
template <class A, class B>
class BroadcastConnectedStream : private ConnectedStreams<A, B> {
 public:
  BroadcastConnectedStream(Stream<A> stream, const BroadcastStream<B>& broadcast)
      : ConnectedStreams<A, B>(std::move(stream), broadcast.stream_), states_(broadcast.states_) {}

  /// Runs a function that changes the broadcast state where the broadcast stream's records come, and reads it where the
  /// other's do. It is a prototype: copied for every subtask and attempt.
  ///
  ///   const weir::MapStateDescriptor<std::string, Rule> kRules("rules");
  ///   struct Apply {
  ///     void process_element(const Order& order, weir::ReadOnlyContext& context, weir::Out<Alarm>& out);
  ///     void process_broadcast_element(const Rule& rule, weir::BroadcastContext& context, weir::Out<Alarm>& out);
  ///   };
  ///
  /// It may have open(weir::FunctionOpening&), restored(), snapshot_state() and close(weir::Out<Alarm>&) besides. See
  /// docs/connected-streams.md.
  template <class F>
  auto process(F function) const {
    constexpr bool processes = detail::is_broadcast_function<F, A, B, ReadOnlyContext>();
    static_assert(processes,
                  "process of a stream and a broadcast one needs a struct with: void process_element(const Record& "
                  "record, weir::ReadOnlyContext& context, weir::Out<Result>& out); void process_broadcast_element("
                  "const Broadcast& record, weir::BroadcastContext& context, weir::Out<Result>& out)");
    constexpr bool fits =
        processes && !detail::HasOnTimer<F> && detail::life_calls_fit<F, FunctionOpening, detail::ProcessResult<F>>();
    static_assert(fits || !processes,
                  "what such a function may have besides is: void open(weir::FunctionOpening& opening); void "
                  "restored(); void snapshot_state(); void close(weir::Out<Result>& out); timers need a key");
    if constexpr (fits) {
      return this->template add_stateful<detail::ProcessResult<F>>("Broadcast Process", [function, states = states_] {
        return std::make_unique<detail::BroadcastOperator<A, B, F>>(function, states);
      });
    }
  }

 private:
  std::vector<detail::MakeBroadcastState> states_;
};

/// A stream grouped by key and a broadcast one on their way into one operator: process follows.
template <class A, class KeyOfA, class B>
class KeyedBroadcastConnectedStream : private ConnectedStreams<A, B> {
 public:
  using Key = StoredKey<detail::KeyOf<KeyOfA, A>>;

  /// Requires: the stream's records are spread by this key.
  KeyedBroadcastConnectedStream(Stream<A> stream, KeyOfA key, const BroadcastStream<B>& broadcast)
      : ConnectedStreams<A, B>(std::move(stream), broadcast.stream_),
        key_(std::move(key)),
        states_(broadcast.states_) {}

  /// Runs a function with state and timers for each key, which changes the broadcast state where the broadcast stream's
  /// records come, and reads it where the other's do and at timers. It is a prototype: copied for every subtask and
  /// attempt.
  ///
  ///   const weir::MapStateDescriptor<std::string, Rule> kRules("rules");
  ///   struct Apply {
  ///     void process_element(const Order& order, weir::KeyedReadOnlyContext<Key>& context, weir::Out<Alarm>& out);
  ///     void process_broadcast_element(const Rule& rule, weir::BroadcastContext& context, weir::Out<Alarm>& out);
  ///     void on_timer(weir::Timestamp time, weir::KeyedReadOnlyContext<Key>& context, weir::Out<Alarm>& out);
  ///   };
  ///
  /// It may have open(weir::ProcessOpening<Key>&), restored(), snapshot_state() and close(weir::Out<Alarm>&) besides.
  /// See docs/connected-streams.md.
  template <class F>
  auto process(F function) const {
    using Context = KeyedReadOnlyContext<Key>;
    constexpr bool processes = detail::is_broadcast_function<F, A, B, Context>();
    static_assert(processes,
                  "process of a keyed stream and a broadcast one needs a struct with: void process_element(const "
                  "Record& record, weir::KeyedReadOnlyContext<Key>& context, weir::Out<Result>& out); void "
                  "process_broadcast_element(const Broadcast& record, weir::BroadcastContext& context, "
                  "weir::Out<Result>& out)");
    constexpr bool fits = processes && detail::other_calls_fit<F, Key, detail::ProcessResult<F>, Context>();
    static_assert(fits || !processes,
                  "what such a function may have besides is: void open(weir::ProcessOpening<Key>& opening); void "
                  "on_timer(weir::Timestamp time, weir::KeyedReadOnlyContext<Key>& context, weir::Out<Result>& out); "
                  "void restored(); void snapshot_state(); void close(weir::Out<Result>& out)");
    if constexpr (fits) {
      using Op = detail::KeyedBroadcastOperator<Key, A, KeyOfA, B, F>;
      return this->template add_keyed<detail::ProcessResult<F>>(
          "Keyed Broadcast Process",
          [key = key_, function, states = states_] { return std::make_unique<Op>(key, function, states); });
    }
  }

 private:
  KeyOfA key_;
  std::vector<detail::MakeBroadcastState> states_;
};

template <class T>
template <class... MapKeys, class... Values>
  requires(sizeof...(MapKeys) > 0)
BroadcastStream<T> Stream<T>::broadcast(const MapStateDescriptor<MapKeys, Values>&... descriptors) const {
  std::vector<detail::MakeBroadcastState> make{detail::MakeBroadcastState(
      [name = descriptors.name()] { return std::make_unique<BroadcastState<MapKeys, Values>>(name); })...};
  return BroadcastStream<T>(broadcast(), {descriptors.name()...}, std::move(make));
}

template <class T>
template <class U>
BroadcastConnectedStream<T, U> Stream<T>::connect(const BroadcastStream<U>& second) const {
  return {*this, second};
}

template <class T, class KeyFn>
template <class U>
KeyedBroadcastConnectedStream<T, KeyFn, U> KeyedStream<T, KeyFn>::connect(const BroadcastStream<U>& second) const {
  return {spread(), key_, second};
}

}  // namespace weir
