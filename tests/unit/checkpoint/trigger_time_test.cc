#include "weir/checkpoint/trigger_time.h"

#include <chrono>

#include <gtest/gtest.h>

namespace weir::checkpoint {
namespace {

using std::chrono::milliseconds;

MonotonicTime at(std::int64_t ms) { return MonotonicTime{} + milliseconds(ms); }

Options every(std::int64_t interval, std::int64_t minimum_pause = 0) {
  Options options;
  options.interval = Duration(interval);
  options.minimum_pause = Duration(minimum_pause);
  return options;
}

TriggerFacts facts(std::int64_t now, std::int64_t last_trigger) {
  TriggerFacts facts;
  facts.now = at(now);
  facts.last_trigger = at(last_trigger);
  return facts;
}

TEST(NextTrigger, ComesTheIntervalAfterTheLastOne) { EXPECT_EQ(next_trigger(facts(100, 50), every(1000)), at(1050)); }

TEST(NextTrigger, IsNeverInThePast) { EXPECT_EQ(next_trigger(facts(5000, 50), every(1000)), at(5000)); }

TEST(NextTrigger, KeepsTheMinimumPauseAfterTheEndOfTheLastCheckpoint) {
  TriggerFacts given = facts(900, 0);
  given.last_end = at(900);
  EXPECT_EQ(next_trigger(given, every(1000, 300)), at(1200));
}

TEST(NextTrigger, ComesAtOnceWhenSomebodyAsksWhateverWentBefore) {
  TriggerFacts given = facts(900, 0);
  given.last_end = at(900);
  given.failed_in_a_row = 5;
  given.asked = true;
  EXPECT_EQ(next_trigger(given, every(1000, 300)), at(900));
}

TEST(NextTrigger, ComesAtOnceAtTheEndOfInput) {
  TriggerFacts given = facts(900, 0);
  given.last_end = at(900);
  given.exhausted = true;
  EXPECT_EQ(next_trigger(given, every(1000, 300)), at(900));
  given.final_failed = true;
  EXPECT_EQ(next_trigger(given, every(1000, 300)), at(1200)) << "a final one that failed comes no faster than others";
}

TEST(NextTrigger, PausesTwiceAsLongWithEachFailureInARowUpToTenSeconds) {
  TriggerFacts given = facts(0, 0);
  given.last_end = at(0);
  given.exhausted = true;  // else the interval would come first
  const auto pause = [&](std::uint32_t failures, std::int64_t interval) {
    given.failed_in_a_row = failures;
    return std::chrono::duration_cast<milliseconds>(next_trigger(given, every(interval)) - at(0)).count();
  };
  EXPECT_EQ(pause(0, 60'000), 0);
  EXPECT_EQ(pause(1, 60'000), 1000);
  EXPECT_EQ(pause(2, 60'000), 2000);
  EXPECT_EQ(pause(4, 60'000), 8000);
  EXPECT_EQ(pause(5, 60'000), 10'000);
  EXPECT_EQ(pause(4'000'000'000, 60'000), 10'000);
  EXPECT_EQ(pause(1, 20), 20) << "a short interval begins with a short pause";
  EXPECT_EQ(pause(3, 20), 80);
}

}  // namespace
}  // namespace weir::checkpoint
