#include "weir/runtime/restart_strategy.h"

#include <algorithm>
#include <cmath>

namespace weir::runtime {

std::optional<Duration> RestartCounter::on_failure(MonotonicTime started, MonotonicTime now) {
  if (strategy_.kind == RestartStrategy::Kind::kNone) return std::nullopt;
  if (now - started >= strategy_.reset_after) in_a_row_ = 0;
  if (in_a_row_ >= strategy_.attempts) return std::nullopt;
  ++in_a_row_;
  if (strategy_.kind == RestartStrategy::Kind::kFixedDelay) return strategy_.delay;
  const double grown = static_cast<double>(strategy_.delay.count()) * std::pow(strategy_.multiplier, in_a_row_ - 1);
  return Duration(static_cast<std::int64_t>(std::min(grown, static_cast<double>(strategy_.max_delay.count()))));
}

}  // namespace weir::runtime
