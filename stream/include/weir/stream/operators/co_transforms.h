#pragma once

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

#include "weir/core/operator.h"
#include "weir/stream/callable.h"
#include "weir/stream/operators/records.h"
#include "weir/stream/operators/two_inputs.h"

namespace weir::detail {

/// Two functions as one with map1() and map2().
template <class A, class B, class F1, class F2>
struct MapPair {
  F1 first;
  F2 second;

  auto map1(const A& record) { return std::invoke(first, record); }
  auto map2(const B& record) { return std::invoke(second, record); }
};

/// Two functions as one with flat_map1() and flat_map2().
template <class A, class B, class R, class F1, class F2>
struct FlatMapPair {
  F1 first;
  F2 second;

  void flat_map1(const A& record, Out<R>& out) { std::invoke(first, record, out); }
  void flat_map2(const B& record, Out<R>& out) { std::invoke(second, record, out); }
};

/// R map1(const A&) and R map2(const B&).
template <class F, class A, class B>
constexpr bool is_co_map() {
  if constexpr (requires(F& f, const A& first, const B& second) {
                  f.map1(first);
                  f.map2(second);
                }) {
    using First = std::decay_t<decltype(std::declval<F&>().map1(std::declval<const A&>()))>;
    using Second = std::decay_t<decltype(std::declval<F&>().map2(std::declval<const B&>()))>;
    return !std::is_void_v<First> && std::is_same_v<First, Second>;
  }
  return false;
}

template <class F>
concept HasFlatMaps = requires {
  &F::flat_map1;
  &F::flat_map2;
};

template <class F>
constexpr auto co_flat_map_result() {
  if constexpr (HasFlatMaps<F>) {
    return std::type_identity<OutType<decltype(&F::flat_map1), 1>>{};
  } else {
    return std::type_identity<void>{};
  }
}

/// What a co-flat-map function emits; void for what is none.
template <class F>
using CoFlatMapResult = typename decltype(co_flat_map_result<F>())::type;

/// flat_map1(const A&, Out<R>&) and flat_map2(const B&, Out<R>&).
template <class F, class A, class B>
constexpr bool is_co_flat_map() {
  using R = CoFlatMapResult<F>;
  if constexpr (std::is_void_v<R>) {
    return false;
  } else {
    return requires(F& f, const A& first, const B& second, Out<R>& out) {
      f.flat_map1(first, out);
      f.flat_map2(second, out);
    };
  }
}

/// One record out for each record in, of either input.
template <class A, class B, class R, class F>
class CoMapOperator final : public Operator {
 public:
  explicit CoMapOperator(F function) : function_(std::move(function)) {}

  Progress process(InputIndex input, BatchPtr& batch, std::size_t from, Outputs& out) override {
    if (input == kFirstInput)
      return map(static_cast<Batch<A>&>(*batch), from, out, [this](const A& record) { return function_.map1(record); });
    return map(static_cast<Batch<B>&>(*batch), from, out, [this](const B& record) { return function_.map2(record); });
  }

 private:
  template <class T, class Call>
  static Progress map(Batch<T>& records, std::size_t from, Outputs& out, Call&& call) {
    Output<R>& output = out.port<R>();
    return for_each_record(records, from, out, [&](std::size_t i) {
      output.emit(call(std::as_const(records[i])), records.timestamps()[i]);
    });
  }

  F function_;
};

/// Any number of records out for each record in, of either input. It stops between calls.
template <class A, class B, class R, class F>
class CoFlatMapOperator final : public Operator {
 public:
  explicit CoFlatMapOperator(F function) : function_(std::move(function)) {}

  Progress process(InputIndex input, BatchPtr& batch, std::size_t from, Outputs& out) override {
    if (input == kFirstInput)
      return flat_map(static_cast<Batch<A>&>(*batch), from, out,
                      [this](const A& record, Out<R>& results) { function_.flat_map1(record, results); });
    return flat_map(static_cast<Batch<B>&>(*batch), from, out,
                    [this](const B& record, Out<R>& results) { function_.flat_map2(record, results); });
  }

 private:
  template <class T, class Call>
  static Progress flat_map(Batch<T>& records, std::size_t from, Outputs& out, Call&& call) {
    Output<R>& output = out.port<R>();
    return for_each_record(records, from, out, [&](std::size_t i) {
      Out<R> results(output, records.timestamps()[i]);
      call(std::as_const(records[i]), results);
    });
  }

  F function_;
};

}  // namespace weir::detail
