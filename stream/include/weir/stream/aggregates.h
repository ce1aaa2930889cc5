#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// What a user's aggregate offers. By merge() Weir combines partial results: before the exchange, and over slices; so
/// merging must not depend on order. The accumulator is kept in checkpoints: it owns what it holds (std::string, not
/// weir::Text), and its fields are named.
///
///   struct Average {
///     struct Accumulator { std::int64_t sum = 0, count = 0; };
///     Accumulator create() const;
///     void add(Accumulator&, const Reading&) const;
///     void merge(Accumulator& into, const Accumulator& from) const;
///     double result(const Accumulator&) const;
///   };
///   WEIR_FIELDS(Average::Accumulator, sum, count);
template <class A, class T>
concept Aggregate =
    requires(const A& a, typename A::Accumulator& acc, const typename A::Accumulator& other, const T& value) {
      { a.create() } -> std::convertible_to<typename A::Accumulator>;
      a.add(acc, value);
      a.merge(acc, other);
      a.result(other);
    } && !std::is_void_v<decltype(std::declval<const A&>().result(std::declval<const typename A::Accumulator&>()))>;

namespace detail {

// The aggregates the window operators run. start() makes the accumulator of a first record, add() counts another in,
// merge() combines two. kCombines: partial results are smaller than the records, so they are made before the exchange.

template <class T>
struct CountAggregate {
  using Accumulator = std::int64_t;
  static constexpr bool kCombines = true;
  void start(Accumulator& acc, const T&) const { acc = 1; }
  void add(Accumulator& acc, const T&) const { ++acc; }
  void merge(Accumulator& into, const Accumulator& from) const { into += from; }
};

template <class T, class F>
struct ReduceAggregate {
  using Accumulator = T;
  static constexpr bool kCombines = true;
  F combine;
  void start(Accumulator& acc, const T& value) const { acc = value; }
  void add(Accumulator& acc, const T& value) const { combine(acc, value); }
  void merge(Accumulator& into, const Accumulator& from) const { combine(into, from); }
};

template <class T, class A>
struct UserAggregate {
  using Accumulator = typename A::Accumulator;
  static constexpr bool kCombines = true;
  A aggregate;
  void start(Accumulator& acc, const T& value) const {
    acc = aggregate.create();
    aggregate.add(acc, value);
  }
  void add(Accumulator& acc, const T& value) const { aggregate.add(acc, value); }
  void merge(Accumulator& into, const Accumulator& from) const { aggregate.merge(into, from); }
};

template <class T>
struct ElementsAggregate {
  using Accumulator = std::vector<T>;
  static constexpr bool kCombines = false;
  void start(Accumulator& acc, const T& value) const { acc.assign(1, value); }
  void add(Accumulator& acc, const T& value) const { acc.push_back(value); }
  void merge(Accumulator& into, const Accumulator& from) const { into.insert(into.end(), from.begin(), from.end()); }
};

}  // namespace detail

}  // namespace weir
