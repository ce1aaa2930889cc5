#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include "weir/core/operator.h"
#include "weir/stream/operators/records.h"

namespace weir::detail {

/// One record out for each record in.
template <class T, class R, class F>
class MapOperator final : public Operator {
 public:
  explicit MapOperator(F function) : function_(std::move(function)) {}

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    auto& records = static_cast<Batch<T>&>(*batch);
    Output<R>& output = out.port<R>();
    return for_each_record(records, from, out, [&](std::size_t i) {
      output.emit(std::invoke(function_, std::as_const(records[i])), records.timestamps()[i]);
    });
  }

 private:
  F function_;
};

/// Keeps the records for which the predicate holds, in place: the batch itself goes on.
template <class T, class F>
class FilterOperator final : public Operator {
 public:
  explicit FilterOperator(F predicate) : predicate_(std::move(predicate)) {}

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    auto& records = static_cast<Batch<T>&>(*batch);
    const std::size_t size = records.size();
    std::size_t kept = from;
    std::size_t i = from;
    try {
      for (; i < size; ++i) {
        if (!std::invoke(predicate_, std::as_const(records[i]))) continue;
        records.move_within(i, kept);
        ++kept;
      }
    } catch (const std::exception& error) {
      rethrow_at_record(error, i, records.timestamps()[i], describe_record(records[i]));
    }
    records.truncate(kept);
    if (kept > 0) out.at(0).pass(batch);
    return {size, Stop::kDone};
  }

 private:
  F predicate_;
};

/// Any number of records out for each record in, and, with a second output, to a side stream too.
/// One call may emit without bound; it stops between calls.
template <class T, class R, class S, class F>
class FlatMapOperator final : public Operator {
 public:
  explicit FlatMapOperator(F function) : function_(std::move(function)) {}

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    auto& records = static_cast<Batch<T>&>(*batch);
    Output<R>& output = out.port<R>();
    return for_each_record(records, from, out, [&](std::size_t i) {
      Out<R> main(output, records.timestamps()[i]);
      if constexpr (std::is_void_v<S>) {
        std::invoke(function_, std::as_const(records[i]), main);
      } else {
        Out<S> side(out.port<S>(1), records.timestamps()[i]);
        std::invoke(function_, std::as_const(records[i]), main, side);
      }
    });
  }

 private:
  F function_;
};

}  // namespace weir::detail
