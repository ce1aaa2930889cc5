#pragma once

#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/codec.h"
#include "weir/core/contains_text.h"
#include "weir/core/fields.h"
#include "weir/stream/aggregates.h"
#include "weir/stream/callable.h"

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

/// What can be worked out of the records of a key and window, whatever the kind of window.
///
/// Every aggregation takes an optional last function of the window, f(const Key&, const Window&, const Result&,
/// Out<R>&), that makes the results; without it results are the aggregate alone. `Derived` has add_nodes(name,
/// aggregate, finish), which adds the operator to the graph.
template <class Derived, class T, class Key>
class WindowAggregations {
 public:
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
  friend Derived;
  WindowAggregations() = default;

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
      return static_cast<const Derived&>(*this).add_nodes(
          name, std::move(aggregate), detail::WindowFinish<Key, F, ToValue>{std::move(function), std::move(to_value)});
    }
  }
};

}  // namespace weir
