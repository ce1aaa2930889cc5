#pragma once

#include <cstdint>
#include <optional>

#include "weir/core/time.h"

namespace weir::runtime {

/// Whether and when a failed job is tried again.
struct RestartStrategy {
  enum class Kind : std::uint8_t { kNone, kFixedDelay, kExponentialDelay };

  Kind kind = Kind::kNone;
  std::uint32_t attempts = 3;    ///< restarts in a row, fixed and exponential delay
  Duration delay{1000};          ///< fixed: before each restart; exponential: before the first
  Duration max_delay{60'000};    ///< exponential: the longest
  double multiplier = 2.0;       ///< exponential: each delay is this times the one before
  Duration reset_after{60'000};  ///< a run this long without a failure starts the count anew
};

/// Counts failures by the rules of a strategy. Thread: one owner.
class RestartCounter {
 public:
  explicit RestartCounter(RestartStrategy strategy) : strategy_(strategy) {}

  /// An attempt that began at `started` failed at `now`: the delay before the next, or nothing when it was the last.
  std::optional<Duration> on_failure(MonotonicTime started, MonotonicTime now);

  std::uint32_t in_a_row() const { return in_a_row_; }
  std::uint32_t allowed() const { return strategy_.kind == RestartStrategy::Kind::kNone ? 0 : strategy_.attempts; }

 private:
  RestartStrategy strategy_;
  std::uint32_t in_a_row_ = 0;
};

}  // namespace weir::runtime
