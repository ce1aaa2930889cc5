#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "weir/core/hash.h"
#include "weir/stream/operators/window_operator.h"

namespace weir::tests {

/// A record for windows: some of key `key`.
struct Sale {
  int key;
  std::int64_t amount;
};

struct SaleAt {
  std::int64_t time;
  int key;
  std::int64_t amount = 1;
};

inline BatchPtr sales(const std::vector<SaleAt>& all) {
  auto batch = std::make_unique<Batch<Sale>>(std::max<std::size_t>(all.size(), 1));
  for (const SaleAt& sale : all) batch->push(Sale{sale.key, sale.amount}, timestamp_ms(sale.time), hash_key(sale.key));
  return batch;
}

/// The sum of amounts.
struct SumOfSales {
  using Accumulator = std::int64_t;
  static constexpr bool kCombines = true;
  void start(Accumulator& sum, const Sale& sale) const { sum = sale.amount; }
  void add(Accumulator& sum, const Sale& sale) const { sum += sale.amount; }
  void merge(Accumulator& into, const Accumulator& from) const { into += from; }
};

/// "7 [0, 10): 3"
struct ShowSum {
  void operator()(int key, const Window& window, std::int64_t sum, Out<std::string>& out) const {
    out.emit(fmt::format("{} [{}, {}): {}", key, to_ms(window.start), to_ms(window.end), sum));
  }
};

using SalesSum = detail::WindowedAggregation<Sale, int Sale::*, SumOfSales, ShowSum, std::string>;

inline SalesSum sum_of_sales(WindowLayout layout, Duration lateness = Duration{0}) {
  return SalesSum{layout, lateness, &Sale::key, {}, {}};
}

}  // namespace weir::tests
