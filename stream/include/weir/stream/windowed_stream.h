#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "weir/core/codec.h"
#include "weir/core/contains_text.h"
#include "weir/core/hash.h"
#include "weir/stream/aggregates.h"
#include "weir/stream/callable.h"
#include "weir/stream/key_edges.h"
#include "weir/stream/keyed_stream.h"
#include "weir/stream/operators/pre_aggregate.h"
#include "weir/stream/operators/window_operator.h"
#include "weir/stream/stream.h"

namespace weir {

/// How many records of a key a window held.
template <class Key>
struct WindowCount {
  Key key;
  std::int64_t count;
  Timestamp window_start;
  Timestamp window_end;

  friend constexpr auto weir_fields(FieldsOf<WindowCount>) {
    return detail::make_fields<&WindowCount::key, &WindowCount::count, &WindowCount::window_start,
                               &WindowCount::window_end>("WindowCount", "key, count, window_start, window_end");
  }
};

namespace detail {

/// The user's window function behind what turns an accumulator into its argument.
template <class Key, class F, class ToValue>
struct WindowFinish {
  using Result = OutType<F, 3>;
  F function;
  ToValue to_value;

  template <class Accumulator>
  void operator()(const Key& key, const Window& window, const Accumulator& accumulator, Out<Result>& out) const {
    function(key, window, to_value(accumulator), out);
  }
};

}  // namespace detail

/// A stream of window results, and the records that came too late for any window.
template <class R, class T>
class WindowResults : public Stream<R> {
 public:
  WindowResults(Stream<R> results, Stream<T> late) : Stream<R>(std::move(results)), late_(std::move(late)) {}

  /// Records that came after all their windows were gone; without a consumer they are counted and dropped.
  Stream<T> late() const { return late_; }

  WindowResults name(std::string name) const {
    Stream<R>::name(std::move(name));
    return *this;
  }
  WindowResults parallelism(std::uint32_t parallelism) const {
    Stream<R>::parallelism(parallelism);
    return *this;
  }

 private:
  Stream<T> late_;
};

/// Records grouped by key and window, for one aggregation.
///
/// Every aggregation takes an optional last function of the window, f(const Key&, const Window&, const Result&,
/// Out<R>&), that makes the results; without it results are the aggregate alone.
template <class T, class KeyFn>
class WindowedStream {
 public:
  using Key = typename KeyedStream<T, KeyFn>::Key;

  WindowedStream(Stream<T> stream, KeyFn key, WindowLayout layout)
      : stream_(std::move(stream)), key_(std::move(key)), layout_(layout) {}

  /// Windows stay this long after the watermark has passed their end; a record that comes in that time fires them
  /// again. Errors: UserError for a negative lateness, or any in processing time.
  WindowedStream allowed_lateness(Duration lateness) const {
    layout_.check_lateness(lateness);
    WindowedStream copy = *this;
    copy.lateness_ = lateness;
    return copy;
  }

  /// How many records.
  auto count() const {
    return count([](const Key& key, const Window& window, std::int64_t count, Out<WindowCount<Key>>& out) {
      out.emit({key, count, window.start, window.end});
    });
  }
  template <class F>
  auto count(F function) const {
    return apply<std::int64_t>("Count", detail::CountAggregate<T>{}, std::move(function),
                               [](std::int64_t count) { return count; });
  }

  /// The first record, with the sum of this member over all.
  template <class Field, class Class, class... F>
  auto sum(Field Class::* member, F... function) const {
    constexpr bool fits = std::is_base_of_v<Class, T> && std::is_arithmetic_v<Field>;
    static_assert(fits,
                  "sum needs a member of the record that is a number: sum(&Record::count); to add up anything else "
                  "write reduce");
    if constexpr (fits) {
      const auto add = [member](T& into, const T& from) {
        into.*member = static_cast<Field>(into.*member + from.*member);
      };
      return fold("Sum", add, std::move(function)...);
    }
  }

  /// The first record, with the least or the greatest value of this member over all.
  template <class Field, class Class, class... F>
  auto min(Field Class::* member, F... function) const {
    constexpr bool fits = std::is_base_of_v<Class, T> && detail::HasLess<Field>;
    static_assert(fits, "min needs a member of the record that < compares: min(&Record::price)");
    if constexpr (fits) {
      const auto keep_less = [member](T& into, const T& from) {
        if (from.*member < into.*member) into.*member = from.*member;
      };
      return fold("Min", keep_less, std::move(function)...);
    }
  }
  template <class Field, class Class, class... F>
  auto max(Field Class::* member, F... function) const {
    constexpr bool fits = std::is_base_of_v<Class, T> && detail::HasLess<Field>;
    static_assert(fits, "max needs a member of the record that < compares: max(&Record::price)");
    if constexpr (fits) {
      const auto keep_greater = [member](T& into, const T& from) {
        if (into.*member < from.*member) into.*member = from.*member;
      };
      return fold("Max", keep_greater, std::move(function)...);
    }
  }

  /// Records combined two by two: f(const T&, const T&) -> T. It must be associative and commutative.
  template <class Reduce, class... F>
  auto reduce(Reduce reduce, F... function) const {
    constexpr bool fits = std::is_invocable_r_v<T, const Reduce&, const T&, const T&>;
    static_assert(fits,
                  "reduce needs a function that combines two records into one: [](const Record& a, const Record& b) { "
                  "return Record{...}; }");
    if constexpr (fits) {
      return fold("Reduce", [reduce](T& into, const T& from) { into = reduce(into, from); }, std::move(function)...);
    }
  }

  /// An aggregate of one's own, see weir::Aggregate. Emits its results.
  template <class A>
  auto aggregate(A aggregate) const {
    if constexpr (check_aggregate<A>()) {
      using Result = std::decay_t<decltype(aggregate.result(std::declval<const typename A::Accumulator&>()))>;
      return this->aggregate(std::move(aggregate), [](const Key&, const Window&, const Result& result,
                                                      Out<Result>& out) { out.emit(result); });
    }
  }
  template <class A, class F>
  auto aggregate(A aggregate, F function) const {
    if constexpr (check_aggregate<A>()) {
      using Accumulator = typename A::Accumulator;
      using Result = std::decay_t<decltype(aggregate.result(std::declval<const Accumulator&>()))>;
      return apply<Result>("Aggregate", detail::UserAggregate<T, A>{aggregate}, std::move(function),
                           [aggregate](const Accumulator& accumulator) { return aggregate.result(accumulator); });
    }
  }

  /// All records of the window at once: f(const Key&, const Window&, const std::vector<T>&, Out<R>&). Keeps them all in
  /// state.
  template <class F>
  auto process(F function) const {
    return apply<std::vector<T>>("Process", detail::ElementsAggregate<T>{}, std::move(function),
                                 [](const std::vector<T>& all) -> const std::vector<T>& { return all; });
  }

 private:
  template <class A>
  static constexpr bool check_aggregate() {
    static_assert(
        Aggregate<A, T>,
        "aggregate needs a struct with: struct Accumulator; Accumulator create() const; void add(Accumulator&, const "
        "Record&) const; void merge(Accumulator&, const Accumulator&) const; Result result(const Accumulator&) const");
    return Aggregate<A, T>;
  }

  template <class Combine>
  auto fold(const char* name, Combine combine) const {
    return fold(name, std::move(combine),
                [](const Key&, const Window&, const T& result, Out<T>& out) { out.emit(result); });
  }
  template <class Combine, class F>
  auto fold(const char* name, Combine combine, F function) const {
    return apply<T>(name, detail::ReduceAggregate<T, Combine>{std::move(combine)}, std::move(function),
                    [](const T& all) -> const T& { return all; });
  }

  /// `function` gets what `to_value` makes of the accumulator, a Value.
  template <class Value, class Agg, class F, class ToValue>
  auto apply(const char* name, Agg aggregate, F function, ToValue to_value) const {
    using Accumulator = typename Agg::Accumulator;
    constexpr bool owns = !contains_text<Accumulator>;
    static_assert(owns,
                  "what a window keeps in state must own its bytes: map to a record with std::string in place of "
                  "weir::Text first");
    constexpr bool fits = detail::is_window_function<F, Key, Value>();
    static_assert(fits || !owns,
                  "a window function takes the key, the window, the aggregated value and the output, and names what it "
                  "emits: [](const Key& key, const weir::Window& window, const Value& value, weir::Out<Result>& out) { "
                  "out.emit(...); }");
    if constexpr (owns && fits && !Encodable<Accumulator>) {
      static_assert(sizeof(detail::RequireEncodable<Accumulator>) > 0);
    } else if constexpr (owns && fits) {
      return add_nodes(name, std::move(aggregate),
                       detail::WindowFinish<Key, F, ToValue>{std::move(function), std::move(to_value)});
    }
  }

  template <class Agg, class Finish>
  auto add_nodes(const char* name, Agg aggregate, Finish finish) const;

  Stream<T> stream_;
  KeyFn key_;
  WindowLayout layout_;
  Duration lateness_{0};
};

template <class T, class KeyFn>
template <class Agg, class Finish>
auto WindowedStream<T, KeyFn>::add_nodes(const char* name, Agg aggregate, Finish finish) const {
  using R = typename Finish::Result;
  using Aggregation = detail::WindowedAggregation<T, KeyFn, Agg, Finish, R>;
  using PartialRecord = typename Aggregation::PartialRecord;
  const Aggregation spec{layout_, lateness_, key_, std::move(aggregate), std::move(finish)};
  detail::GraphBuilder& builder = *stream_.builder_;

  std::vector<GraphInput> inputs;
  std::optional<NodeId> pre_aggregate;
  if (Agg::kCombines && layout_.event_time() && builder.pre_aggregate) {
    GraphNode before = detail::operator_node(
        "Pre-Aggregate", stream_.inputs_, {detail::port_of<PartialRecord>(), detail::port_of<T>()},
        [spec] { return std::make_unique<detail::PreAggregate<Aggregation>>(spec); });
    before.follows_input = true;
    const NodeId node = builder.graph.add(std::move(before));
    pre_aggregate = node;
    inputs.push_back({node, 0, Partitioning::kHash, InputIndex(1), {}});
    inputs.push_back({node, 1, Partitioning::kHash, InputIndex(0), {}});
  } else {
    inputs = detail::by_key<T>(stream_.inputs_, key_);
  }
  GraphNode windows = detail::operator_node(fmt::format("{} in {}", name, layout_.describe()), std::move(inputs),
                                            {detail::port_of<R>(), detail::port_of<T>()}, [spec] {
                                              return std::make_unique<detail::WindowOperator<Aggregation>>(spec);
                                            });
  windows.stateful = true;
  windows.keyed = true;
  const NodeId node = builder.graph.add(std::move(windows));
  if (pre_aggregate) builder.lent_names.emplace_back(*pre_aggregate, node);
  return WindowResults<R, T>(Stream<R>(builder, node, 0, stream_.bounded_),
                             Stream<T>(builder, node, 1, stream_.bounded_));
}

}  // namespace weir
