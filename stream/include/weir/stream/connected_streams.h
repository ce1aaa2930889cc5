#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/stream/key_edges.h"
#include "weir/stream/keyed_stream.h"
#include "weir/stream/operators/co_process_operator.h"
#include "weir/stream/operators/co_transforms.h"
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

  template <class Make>
  NodeId add_node(std::string name, std::vector<GraphPort> ports, Make make) const {
    std::vector<GraphInput> inputs = first_.inputs_;
    inputs.insert(inputs.end(), second_.inputs_.begin(), second_.inputs_.end());
    return builder().graph.add(
        detail::operator_node(std::move(name), std::move(inputs), std::move(ports), std::move(make)));
  }

  template <class R, class Make>
  Stream<R> add(std::string name, Make make) const {
    return stream_of<R>(add_node(std::move(name), {detail::port_of<R>()}, std::move(make)));
  }

  template <class R>
  Stream<R> stream_of(NodeId node) const {
    return Stream<R>(builder(), node, 0, first_.bounded_ && second_.bounded_);
  }

  detail::GraphBuilder& builder() const { return *first_.builder_; }

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
    static_assert(fits || !processes,
                  "what a co-process function may have besides process_element1 and process_element2 is: void open("
                  "weir::ProcessOpening<Key>& opening); void on_timer(weir::Timestamp time, weir::ProcessContext<Key>& "
                  "context, weir::Out<Result>& out); void close(weir::Out<Result>& out)");
    if constexpr (fits) {
      using R = detail::CoProcessResult<F>;
      using Op = detail::CoProcessOperator<Key, A, KeyOfA, B, KeyOfB, F>;
      const NodeId node = this->add_node("Co-Process", {detail::port_of<R>()},
                                         [first = key_of_first_, second = key_of_second_, function] {
                                           return std::make_unique<Op>(first, second, function);
                                         });
      this->builder().graph.node(node).stateful = true;
      this->builder().graph.node(node).keyed = true;
      return this->template stream_of<R>(node);
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
    Stream<T> first = stream_;
    first.inputs_ = detail::by_key<T>(std::move(first.inputs_), key_);
    Stream<U> other = second.stream_;
    other.inputs_ = detail::by_key<U>(std::move(other.inputs_), second.key_);
    return ConnectedKeyedStreams<T, KeyFn, U, KeyOfU>(std::move(first), key_, std::move(other), second.key_);
  }
}

}  // namespace weir
