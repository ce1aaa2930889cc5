#include "weir/cluster/cluster_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/cluster/messages.h"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

SlotFacts manager(const std::string& node, std::uint32_t slots, std::uint32_t free, bool connected = true) {
  return {node, connected, slots, free};
}

TEST(ChooseTaskManager, TakesTheOneWithTheMostFreeSlots) {
  EXPECT_EQ(choose_task_manager(2, {manager("a", 4, 2), manager("b", 4, 3), manager("c", 4, 2)}), "b");
}

TEST(ChooseTaskManager, TakesTheFirstByNameOfEquals) {
  EXPECT_EQ(choose_task_manager(1, {manager("b", 4, 3), manager("a", 4, 3)}), "a");
}

TEST(ChooseTaskManager, TakesNoneThatIsLostOrHasTooFewFreeSlots) {
  EXPECT_EQ(choose_task_manager(3, {manager("a", 4, 2), manager("b", 4, 4, false)}), std::nullopt);
  EXPECT_EQ(choose_task_manager(1, {}), std::nullopt);
}

TEST(ChooseTaskManager, AgreesWithItsDefinitionForAllSmallClusters) {
  for (std::uint32_t slots = 1; slots <= 3; ++slots) {
    for (std::uint32_t code = 0; code < 8 * 8 * 8; ++code) {
      std::vector<SlotFacts> all;
      for (std::uint32_t i = 0; i < 3; ++i) {
        const std::uint32_t part = code >> (3 * i) & 7;
        all.push_back(manager(std::string(1, static_cast<char>('a' + i)), 3, part & 3, (part & 4) != 0));
      }
      const auto chosen = choose_task_manager(slots, all);
      for (const SlotFacts& other : all) {
        const bool fits = other.connected && other.free_slots >= slots;
        if (!chosen) {
          EXPECT_FALSE(fits);
          continue;
        }
        const SlotFacts& best = all[static_cast<std::size_t>((*chosen)[0] - 'a')];
        EXPECT_TRUE(best.connected && best.free_slots >= slots);
        if (fits) {
          EXPECT_GE(best.free_slots, other.free_slots);
        }
      }
    }
  }
}

TEST(MissingSlots, TellsWhatToDo) {
  EXPECT_THAT(missing_slots(1, {}), HasSubstr("no TaskManager is connected"));
  EXPECT_THAT(missing_slots(1, {manager("a", 4, 4, false)}), HasSubstr("no TaskManager is connected"));
  EXPECT_THAT(missing_slots(5, {manager("a", 4, 4)}), HasSubstr("the largest has 4; run the job with a smaller"));
  EXPECT_THAT(missing_slots(3, {manager("a", 4, 2)}), HasSubstr("2 are free at most; end another job"));
}

TEST(Fence, FallsWhenTheLimitIsReachedAndNotBefore) {
  const HeartbeatLimits limits{2000ms, 10'000ms};
  const MonotonicTime heard{1h};
  EXPECT_EQ(decide_fence(heard, heard + 9999ms, limits), FenceDecision::kKeepWorkers);
  EXPECT_EQ(decide_fence(heard, heard + 10'000ms, limits), FenceDecision::kKillWorkers);
}

TEST(Fence, HasFallenBeforeTheJobsAreGivenAway) {
  for (const HeartbeatLimits limits : {HeartbeatLimits{2000ms, 10'000ms}, HeartbeatLimits{10ms, 20ms}}) {
    const MonotonicTime said{1h};
    // The TaskManager looks at its clock once an interval, and may have heard the last word an interval later.
    const MonotonicTime latest_kill = said + limits.interval + limits.silence;
    EXPECT_GE(may_give_away_at(said, limits), latest_kill + limits.interval);
  }
}

TEST(DecideHello, TakesOnlyMembersOfTheClusterThatSpeakItsVersion) {
  Hello good;
  good.cluster = "c";
  good.token = "t";
  good.node = "n";
  const ExpectedPeer expected{"c", "t"};
  EXPECT_EQ(decide_hello(good, expected), "");
  Hello other = good;
  other.version = kProtocolVersion + 1;
  EXPECT_THAT(decide_hello(other, expected), HasSubstr("same version of Weir"));
  other = good;
  other.cluster = "d";
  EXPECT_THAT(decide_hello(other, expected), HasSubstr("another cluster"));
  other = good;
  other.token = "";
  EXPECT_THAT(decide_hello(other, expected), HasSubstr("token is wrong"));
  other = good;
  other.slots = 0;
  EXPECT_NE(decide_hello(other, expected), "");
}

}  // namespace
}  // namespace weir::cluster
