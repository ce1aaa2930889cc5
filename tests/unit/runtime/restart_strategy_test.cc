#include "weir/runtime/restart_strategy.h"

#include <gtest/gtest.h>

namespace weir::runtime {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime kStart{};

RestartStrategy strategy(RestartStrategy::Kind kind) {
  RestartStrategy s;
  s.kind = kind;
  s.attempts = 3;
  s.delay = 100ms;
  s.max_delay = 300ms;
  s.reset_after = 60s;
  return s;
}

TEST(RestartCounter, NeverRestartsWithoutAStrategy) {
  RestartCounter counter(strategy(RestartStrategy::Kind::kNone));
  EXPECT_EQ(counter.on_failure(kStart, kStart + 1s), std::nullopt);
}

TEST(RestartCounter, GivesUpAfterItsAttempts) {
  RestartCounter counter(strategy(RestartStrategy::Kind::kFixedDelay));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(counter.on_failure(kStart, kStart + 1s), Duration(100));
  EXPECT_EQ(counter.on_failure(kStart, kStart + 1s), std::nullopt);
}

TEST(RestartCounter, LetsDelaysGrowUpToTheLongest) {
  RestartCounter counter(strategy(RestartStrategy::Kind::kExponentialDelay));
  EXPECT_EQ(counter.on_failure(kStart, kStart + 1s), Duration(100));
  EXPECT_EQ(counter.on_failure(kStart, kStart + 1s), Duration(200));
  EXPECT_EQ(counter.on_failure(kStart, kStart + 1s), Duration(300));
}

TEST(RestartCounter, StartsAnewAfterALongRunWithoutFailure) {
  RestartCounter counter(strategy(RestartStrategy::Kind::kFixedDelay));
  for (int i = 0; i < 3; ++i) counter.on_failure(kStart, kStart + 1s);
  EXPECT_EQ(counter.on_failure(kStart, kStart + 61s), Duration(100));
  EXPECT_EQ(counter.in_a_row(), 1U);
}

}  // namespace
}  // namespace weir::runtime
