#include "weir/stream/watermarks.h"

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir {

namespace {

/// Longer than that, arithmetic on the largest timestamps could overflow.
constexpr Duration kLongest{100'000'000'000'000};

void check_between(const char* what, Duration value, Duration least) {
  if (value >= least && value <= kLongest) return;
  throw UserError(
      fmt::format("{}: {} ms is not from {} to {} ms", what, value.count(), least.count(), kLongest.count()));
}

}  // namespace

void check(const WatermarkStrategy& strategy) {
  check_between("bounded_out_of_orderness", strategy.out_of_orderness, Duration{0});
  if (strategy.idle_timeout) check_between("idle_after", *strategy.idle_timeout, Duration{1});
  if (strategy.far_future) check_between("far_future_limit", *strategy.far_future, Duration{0});
}

WatermarkStrategy bounded_out_of_orderness(Duration bound) {
  const WatermarkStrategy strategy{bound, {}, {}};
  check(strategy);
  return strategy;
}

}  // namespace weir
