#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "weir/core/key_codec.h"
#include "weir/stream/evictors.h"
#include "weir/stream/global_windows.h"
#include "weir/stream/key_edges.h"
#include "weir/stream/operators/process_operator.h"
#include "weir/stream/operators/window_operator.h"
#include "weir/stream/sessions.h"
#include "weir/stream/stream.h"
#include "weir/stream/triggers.h"
#include "weir/stream/windows.h"

namespace weir {

template <class T, class KeyFn>
class WindowedStream;
template <class T, class KeyFn, class Assigner, class Trigger, class Evictor>
class TriggeredStream;
template <class A, class KeyOfA, class B>
class KeyedBroadcastConnectedStream;

/// Records grouped by key: all records of a key meet in one subtask.
template <class T, class KeyFn>
class KeyedStream {
 public:
  using Key = StoredKey<detail::KeyOf<KeyFn, T>>;

  KeyedStream(Stream<T> stream, KeyFn key) : stream_(std::move(stream)), key_(std::move(key)) {}

  /// Groups further into windows, for an aggregation.
  WindowedStream<T, KeyFn> window(WindowLayout layout) const { return {stream_, key_, layout}; }
  template <class Gap>
  auto window(Sessions<Gap> sessions) const {
    constexpr bool fits = Sessions<Gap>::template takes<T>();
    static_assert(fits,
                  "with_dynamic_gap needs a function that says how long the gap behind a record is: [](const Record& "
                  "record) { return weir::Duration(record.gap_ms); }");
    if constexpr (fits) {
      const bool event_time = sessions.time() == detail::WindowTime::kEvent;
      return TriggeredStream<T, KeyFn, Sessions<Gap>, detail::EndOfWindowTrigger, detail::NoEvictor>(
          stream_, key_, std::move(sessions), detail::EndOfWindowTrigger{event_time}, {});
    }
  }
  TriggeredStream<T, KeyFn, GlobalWindows, detail::NeverTrigger, detail::NoEvictor> window(GlobalWindows all) const {
    return {stream_, key_, all, {}, {}};
  }

  /// Windows of `count` records of a key each, in the order in which they come. What is left at the end of input gives
  /// no result. Errors: UserError unless `count` is positive.
  auto count_window(std::int64_t count) const {
    detail::check_count_window(count, count);
    return window(GlobalWindows::create()).trigger(PurgingTrigger::of(CountTrigger::of(count)));
  }
  /// The last `count` records of a key at most, at every `slide` records of it. Keeps these in state. Errors: UserError
  /// unless both are positive.
  auto count_window(std::int64_t count, std::int64_t slide) const {
    detail::check_count_window(count, slide);
    return window(GlobalWindows::create()).evictor(CountEvictor::of(count)).trigger(CountTrigger::of(slide));
  }

  /// This stream and another one that is grouped by keys of the same type, on their way into one operator: process
  /// follows, or map or flat_map.
  template <class U, class KeyOfU>
  auto connect(const KeyedStream<U, KeyOfU>& second) const;
  /// This stream and a broadcast one, on their way into one operator: process follows.
  template <class U>
  KeyedBroadcastConnectedStream<T, KeyFn, U> connect(const BroadcastStream<U>& second) const;

  /// Records of both streams that have the same key and are close in event time: between(lower, upper) and process
  /// follow.
  template <class U, class KeyOfU>
  auto interval_join(const KeyedStream<U, KeyOfU>& right) const;

  /// Runs a function with state and timers for each key. It is a prototype: copied for every subtask and attempt.
  ///
  ///   struct Totals {
  ///     weir::ValueState<std::string, Total> total{"total"};
  ///     void open(weir::ProcessOpening<std::string>& opening) { opening.keep(total); }
  ///     void process_element(const Order& order, weir::ProcessContext<std::string>& context, weir::Out<Total>& out);
  ///     void on_timer(weir::Timestamp time, weir::ProcessContext<std::string>& context, weir::Out<Total>& out);
  ///     void restored();                    // list states are what a checkpoint held
  ///     void snapshot_state();              // a barrier has come: what list states are now goes into a checkpoint
  ///     void close(weir::Out<Total>& out);  // all input is there, what can fire has fired
  ///   };
  ///
  /// All but process_element() may be left out. See docs/process-functions.md.
  template <class F>
  auto process(F function) const {
    constexpr bool processes = detail::is_process_function<F, T, Key>();
    static_assert(processes,
                  "process needs a struct with: void process_element(const Record& record, weir::ProcessContext<Key>& "
                  "context, weir::Out<Result>& out)");
    constexpr bool fits = processes && detail::other_calls_fit<F, Key, detail::ProcessResult<F>>();
    static_assert(
        fits || !processes,
        "what a process function may have besides process_element is: void open(weir::ProcessOpening<Key>& "
        "opening); void on_timer(weir::Timestamp time, weir::ProcessContext<Key>& context, "
        "weir::Out<Result>& out); void restored(); void snapshot_state(); void close(weir::Out<Result>& out)");
    if constexpr (fits) {
      using R = detail::ProcessResult<F>;
      detail::GraphBuilder& builder = *stream_.builder_;
      GraphNode node = detail::operator_node(
          "Process", detail::by_key<T>(stream_.inputs_, key_), {detail::port_of<R>()},
          [key = key_, function] { return std::make_unique<detail::ProcessOperator<T, KeyFn, F>>(key, function); });
      node.stateful = true;
      node.keyed = true;
      return Stream<R>(builder, builder.graph.add(std::move(node)), 0, stream_.bounded_);
    }
  }

 private:
  template <class, class>
  friend class KeyedStream;

  /// The stream, its records spread by key.
  Stream<T> spread() const {
    Stream<T> copy = stream_;
    copy.inputs_ = detail::by_key<T>(std::move(copy.inputs_), key_);
    return copy;
  }

  Stream<T> stream_;
  KeyFn key_;
};

template <class T>
template <class KeyFn>
auto Stream<T>::key_by(KeyFn key) const {
  constexpr bool fits = detail::FunctionOf<const KeyFn&, T>;
  static_assert(fits,
                "key_by needs a pointer to a member, or a function of a record: key_by(&Record::user), or "
                "key_by([](const Record& record) { return record.user; })");
  if constexpr (fits) {
    using Key = detail::KeyOf<KeyFn, T>;
    if constexpr (!KeyType<Key>) {
      static_assert(sizeof(detail::RequireKey<Key>) > 0);
    } else if constexpr (!detail::is_view(shape_of<Key>) && !detail::owns_its_bytes<Key>()) {
      static_assert(sizeof(detail::StoredKeyOf<Key>) > 0);
    } else {
      return KeyedStream<T, KeyFn>(*this, std::move(key));
    }
  }
}

}  // namespace weir

#include "weir/stream/connected_streams.h"
#include "weir/stream/windowed_stream.h"
