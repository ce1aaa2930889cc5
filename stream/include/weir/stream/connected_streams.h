#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/stream/key_edges.h"
#include "weir/stream/keyed_stream.h"
#include "weir/stream/operators/co_process_operator.h"
#include "weir/stream/operators/co_transforms.h"
#include "weir/stream/operators/plain_functions.h"
#include "weir/stream/operators/two_inputs.h"
#include "weir/stream/stream.h"

namespace weir {

template <class A, class KeyOfA, class B, class KeyOfB>
class ConnectedKeyedStreams;

/// Two streams, whose records may be of different types, on their way into one operator: `first.connect(second)`.
///
/// Its watermark is the lesser of both inputs'; one that is idle holds nobody back. Barriers are aligned over both.
/// What comes first of two records of different inputs, nothing says. Thread: that of the job function.
template <class A, class B>
class ConnectedStreams {
 public:
  ConnectedStreams(Stream<A> first, Stream<B> second) : first_(std::move(first)), second_(std::move(second)) {
    for (GraphInput& input : second_.inputs_) input.index = detail::kSecondInput;
  }

  /// One record for each, of one type for both: f1(const A&) -> R, f2(const B&) -> R.
  template <class F1, class F2>
  auto map(F1 first, F2 second) const {
    return map(detail::MapPair<A, B, F1, F2>{std::move(first), std::move(second)});
  }
  /// The same by one object, whose two functions may share what they know: map1(const A&) -> R, map2(const B&) -> R.
  template <class F>
  auto map(F function) const {
    constexpr bool fits = detail::is_co_map<F, A, B>();
    static_assert(fits,
                  "map of two streams needs a function for each that gives the same type of record: "
                  "map([](const First& record) { return ...; }, [](const Second& record) { return ...; }), or a struct "
                  "with map1(const First&) and map2(const Second&)");
    if constexpr (fits) {
      using R = std::decay_t<decltype(function.map1(std::declval<const A&>()))>;
      return add<R>("Co-Map", [function] { return std::make_unique<detail::CoMapOperator<A, B, R, F>>(function); });
    }
  }

  /// Any number of records for each, of one type for both: f1(const A&, Out<R>&), f2(const B&, Out<R>&).
  template <class F1, class F2>
  auto flat_map(F1 first, F2 second) const {
    using R = detail::OutType<F1, 1>;
    constexpr bool fits = std::is_same_v<R, detail::OutType<F2, 1>> && detail::is_flat_map<F1, A>() &&
                          detail::is_flat_map<F2, B>() && std::is_void_v<detail::OutType<F1, 2>> &&
                          std::is_void_v<detail::OutType<F2, 2>>;
    require_flat_map<fits>();
    if constexpr (fits) return flat_map(detail::FlatMapPair<A, B, R, F1, F2>{std::move(first), std::move(second)});
  }
  /// The same by one object: flat_map1(const A&, Out<R>&), flat_map2(const B&, Out<R>&).
  template <class F>
  auto flat_map(F function) const {
    constexpr bool fits = detail::is_co_flat_map<F, A, B>();
    require_flat_map<fits>();
    if constexpr (fits) {
      using R = detail::CoFlatMapResult<F>;
      return add<R>("Co-Flat Map",
                    [function] { return std::make_unique<detail::CoFlatMapOperator<A, B, R, F>>(function); });
    }
  }

  /// Runs a function that may keep state for its subtask, whatever the keys: as Stream::process(), with
  /// process_element1(const A&, FunctionContext&, Out<R>&) and process_element2(const B&, FunctionContext&, Out<R>&).
  template <class F>
  auto process(F function) const {
    constexpr bool processes = detail::is_plain_co_function<F, A, B>();
    static_assert(
        processes,
        "process of two streams without keys needs a struct with: void process_element1(const First& record, "
        "weir::FunctionContext& context, weir::Out<Result>& out); void process_element2(const Second& record, "
        "weir::FunctionContext& context, weir::Out<Result>& out); for state and timers of keys write key_by() "
        "before it");
    constexpr bool fits =
        processes && !detail::HasOnTimer<F> && detail::life_calls_fit<F, FunctionOpening, detail::CoProcessResult<F>>();
    static_assert(
        fits || !processes,
        "what a function may have besides is: void open(weir::FunctionOpening& opening); void restored(); void "
        "snapshot_state(); void close(weir::Out<Result>& out); timers need a key");
    if constexpr (fits) {
      return add_stateful<detail::CoProcessResult<F>>(
          "Co-Process", [function] { return std::make_unique<detail::PlainCoFunctionOperator<A, B, F>>(function); });
    }
  }

  /// Groups both by key, as key_by() does one. Keys are of one type: records of both with the same key meet.
  template <class KeyOfA, class KeyOfB>
  auto key_by(KeyOfA key_of_first, KeyOfB key_of_second) const {
    using First = decltype(first_.key_by(std::move(key_of_first)));
    using Second = decltype(second_.key_by(std::move(key_of_second)));
    if constexpr (!std::is_void_v<First> && !std::is_void_v<Second>)
      return first_.key_by(std::move(key_of_first)).connect(second_.key_by(std::move(key_of_second)));
  }

 protected:
  template <bool fits>
  static constexpr void require_flat_map() {
    static_assert(fits,
                  "flat_map of two streams needs a function for each that emits the same type of record: "
                  "flat_map([](const First& record, weir::Out<Result>& out) { ... }, [](const Second& record, "
                  "weir::Out<Result>& out) { ... }), or a struct with flat_map1 and flat_map2 like these");
  }

  enum class State : std::uint8_t { kNone, kOfSubtasks, kOfKeys };

  template <class Make>
  NodeId add_node(std::string name, std::vector<GraphPort> ports, Make make, State state) const {
    std::vector<GraphInput> inputs = first_.inputs_;
    inputs.insert(inputs.end(), second_.inputs_.begin(), second_.inputs_.end());
    GraphNode node = detail::operator_node(std::move(name), std::move(inputs), std::move(ports), std::move(make));
    node.stateful = state != State::kNone;
    node.keyed = state == State::kOfKeys;
    return first_.builder_->graph.add(std::move(node));
  }

  template <class R>
  Stream<R> stream_of(NodeId node, std::uint32_t port) const {
    return Stream<R>(*first_.builder_, node, port, first_.bounded_ && second_.bounded_);
  }

  /// An operator without state.
  template <class R, class Make>
  Stream<R> add(std::string name, Make make) const {
    return stream_of<R>(add_node(std::move(name), {detail::port_of<R>()}, std::move(make), State::kNone), 0);
  }
  /// One with state of its subtasks.
  template <class R, class Make>
  Stream<R> add_stateful(std::string name, Make make) const {
    return stream_of<R>(add_node(std::move(name), {detail::port_of<R>()}, std::move(make), State::kOfSubtasks), 0);
  }
  /// One with state of keys.
  template <class R, class Make>
  Stream<R> add_keyed(std::string name, Make make) const {
    return stream_of<R>(add_node(std::move(name), {detail::port_of<R>()}, std::move(make), State::kOfKeys), 0);
  }

 private:
  Stream<A> first_;
  Stream<B> second_;
};

/// Two streams grouped by keys of one type: records of both that have the same key meet in one subtask, and share its
/// state and timers.
template <class A, class KeyOfA, class B, class KeyOfB>
class ConnectedKeyedStreams : public ConnectedStreams<A, B> {
 public:
  using Key = StoredKey<detail::KeyOf<KeyOfA, A>>;
  static_assert(std::is_same_v<Key, StoredKey<detail::KeyOf<KeyOfB, B>>>);

  /// Requires: the streams' records are spread by these keys.
  ConnectedKeyedStreams(Stream<A> first, KeyOfA key_of_first, Stream<B> second, KeyOfB key_of_second)
      : ConnectedStreams<A, B>(std::move(first), std::move(second)),
        key_of_first_(std::move(key_of_first)),
        key_of_second_(std::move(key_of_second)) {}

  /// Runs a function with state and timers for each key, common to both streams. It is a prototype: copied for every
  /// subtask and attempt.
  ///
  ///   struct Payments {
  ///     weir::ValueState<std::string, Order> order{"order"};
  ///     void open(weir::ProcessOpening<std::string>& opening) { opening.keep(order); }
  ///     void process_element1(const Order& order, weir::ProcessContext<std::string>& context, weir::Out<Paid>& out);
  ///     void process_element2(const Payment& paid, weir::ProcessContext<std::string>& context, weir::Out<Paid>& out);
  ///     void on_timer(weir::Timestamp time, weir::ProcessContext<std::string>& context, weir::Out<Paid>& out);
  ///     void close(weir::Out<Paid>& out);  // all input of both is there, what can fire has fired
  ///   };
  ///
  /// Only the two process_elements must be there. See docs/connected-streams.md.
  template <class F>
  auto process(F function) const {
    constexpr bool processes = detail::is_co_process_function<F, A, B, Key>();
    static_assert(processes,
                  "process of two streams needs a struct with: void process_element1(const First& record, "
                  "weir::ProcessContext<Key>& context, weir::Out<Result>& out); void process_element2(const Second& "
                  "record, weir::ProcessContext<Key>& context, weir::Out<Result>& out)");
    constexpr bool fits = processes && detail::other_calls_fit<F, Key, detail::CoProcessResult<F>>();
    static_assert(
        fits || !processes,
        "what a co-process function may have besides process_element1 and process_element2 is: void open("
        "weir::ProcessOpening<Key>& opening); void on_timer(weir::Timestamp time, weir::ProcessContext<Key>& "
        "context, weir::Out<Result>& out); void restored(); void snapshot_state(); void close(weir::Out<Result>& "
        "out)");
    if constexpr (fits) {
      using R = detail::CoProcessResult<F>;
      using Op = detail::CoProcessOperator<Key, A, KeyOfA, B, KeyOfB, F>;
      return this->template add_keyed<R>("Co-Process", [first = key_of_first_, second = key_of_second_, function] {
        return std::make_unique<Op>(first, second, function);
      });
    }
  }

 private:
  KeyOfA key_of_first_;
  KeyOfB key_of_second_;
};

template <class T>
template <class U>
ConnectedStreams<T, U> Stream<T>::connect(const Stream<U>& second) const {
  return {*this, second};
}

template <class T, class KeyFn>
template <class U, class KeyOfU>
auto KeyedStream<T, KeyFn>::connect(const KeyedStream<U, KeyOfU>& second) const {
  constexpr bool fits = std::is_same_v<Key, typename KeyedStream<U, KeyOfU>::Key>;
  static_assert(fits,
                "connect needs two streams that are grouped by keys of one type: let one of the two functions given to "
                "key_by convert its key to the other's type");
  if constexpr (fits) {
    return ConnectedKeyedStreams<T, KeyFn, U, KeyOfU>(spread(), key_, second.spread(), second.key_);
  }
}

}  // namespace weir

#include "weir/stream/broadcast_stream.h"
#include "weir/stream/interval_join.h"
