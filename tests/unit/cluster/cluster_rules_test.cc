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

using Places = std::vector<JobPlace>;

TEST(ChooseTaskManagers, TakesTheOneWithTheMostFreeSlots) {
  EXPECT_EQ(choose_task_managers(2, {manager("a", 4, 2), manager("b", 4, 3), manager("c", 4, 2)}), (Places{{"b", 2}}));
}

TEST(ChooseTaskManagers, TakesTheFirstByNameOfEquals) {
  EXPECT_EQ(choose_task_managers(1, {manager("b", 4, 3), manager("a", 4, 3)}), (Places{{"a", 1}}));
}

TEST(ChooseTaskManagers, TakesSeveralWhenNoneHasAllSlots) {
  EXPECT_EQ(choose_task_managers(6, {manager("a", 4, 2), manager("b", 4, 3), manager("c", 4, 2)}),
            (Places{{"b", 3}, {"a", 2}, {"c", 1}}));
}

TEST(ChooseTaskManagers, TakesNoneThatIsLostOrWhenThereAreTooFewFreeSlots) {
  EXPECT_EQ(choose_task_managers(3, {manager("a", 4, 2), manager("b", 4, 4, false)}), Places{});
  EXPECT_EQ(choose_task_managers(1, {}), Places{});
}

TEST(ChooseTaskManagers, AgreesWithItsDefinitionForAllSmallClusters) {
  for (std::uint32_t slots = 1; slots <= 5; ++slots) {
    for (std::uint32_t code = 0; code < 8 * 8 * 8; ++code) {
      std::vector<SlotFacts> all;
      std::map<std::string, std::uint32_t> free;  // of those that are connected
      std::uint32_t sum = 0;
      std::uint32_t most = 0;
      for (std::uint32_t i = 0; i < 3; ++i) {
        const std::uint32_t part = code >> (3 * i) & 7;
        const std::string name(1, static_cast<char>('a' + i));
        all.push_back(manager(name, 3, part & 3, (part & 4) != 0));
        if (!all.back().connected) continue;
        free[name] = all.back().free_slots;
        sum += free[name];
        most = std::max(most, free[name]);
      }
      const Places chosen = choose_task_managers(slots, all);
      ASSERT_EQ(chosen.empty(), sum < slots);
      std::uint32_t taken = 0;
      for (const JobPlace& place : chosen) {
        taken += place.slots;
        ASSERT_GE(place.slots, 1U);
        ASSERT_LE(place.slots, free[place.node]);
      }
      if (chosen.empty()) continue;
      ASSERT_EQ(taken, slots);
      ASSERT_EQ(chosen.size() == 1, most >= slots) << "one is better than several";
    }
  }
}

TEST(MissingSlots, TellsWhatToDo) {
  EXPECT_THAT(missing_slots(1, {}), HasSubstr("no TaskManager is connected"));
  EXPECT_THAT(missing_slots(1, {manager("a", 4, 4, false)}), HasSubstr("no TaskManager is connected"));
  EXPECT_THAT(missing_slots(9, {manager("a", 4, 4), manager("b", 4, 4)}),
              HasSubstr("the cluster has 8; run the job with a smaller"));
  EXPECT_THAT(missing_slots(3, {manager("a", 4, 2)}), HasSubstr("2 are free; end another job"));
}

TEST(Fence, FallsWhenTheLimitIsReachedAndNotBefore) {
  const HeartbeatLimits limits{2000ms, 10'000ms};
  const MonotonicTime heard{1h};
  EXPECT_EQ(decide_fence(heard, heard + 9999ms, limits), FenceDecision::kKeepWorkers);
  EXPECT_EQ(decide_fence(heard, heard + 10'000ms, limits), FenceDecision::kKillWorkers);
}

TEST(Fence, HasFallenBeforeTheJobsAreGivenAway) {
  for (const HeartbeatLimits limits : {HeartbeatLimits{2000ms, 10'000ms}, HeartbeatLimits{10ms, 20ms}}) {
    const MonotonicTime lost{1h};
    // The TaskManager looks at its clock once an interval.
    const MonotonicTime latest_kill = lost + limits.interval + limits.silence;
    EXPECT_GE(may_give_away_at(lost, limits), latest_kill + limits.interval);
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
