#include "weir/state/handle_shares.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/error.h"

namespace weir::state {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

StateHandle handle(KeyGroupRange range, std::int64_t horizon = 0, std::uint64_t entries = 1) {
  StateHandle handle;
  handle.range = range;
  handle.entries = entries;
  KeyedStateInfo state;
  state.name = "slices";
  state.sliced = Sliced::kYes;
  state.horizon = timestamp_ms(horizon);
  handle.states = {state};
  return handle;
}

std::vector<StateHandle> handles_at(std::uint32_t parallelism, std::uint32_t groups) {
  std::vector<StateHandle> handles;
  for (std::uint32_t i = 0; i < parallelism; ++i)
    handles.push_back(handle(key_groups_of(SubtaskIndex(i), parallelism, groups)));
  return handles;
}

std::string refusal(const std::vector<StateHandle>& handles, KeyGroupRange range) {
  try {
    merge_states(handles, share_handles(handles, range, "counts"), "counts");
  } catch (const CorruptionError& error) {
    return error.what();
  }
  return "";
}

RC_GTEST_PROP(HandleShares, GiveEveryKeyGroupToOneSubtaskFromOneHandle, ()) {
  const auto groups = *rc::gen::inRange<std::uint32_t>(1, 300);
  const auto before = *rc::gen::inRange<std::uint32_t>(1, groups + 1);
  const auto now = *rc::gen::inRange<std::uint32_t>(1, groups + 1);
  const std::vector<StateHandle> handles = handles_at(before, groups);
  std::map<std::uint16_t, int> given;
  for (std::uint32_t subtask = 0; subtask < now; ++subtask) {
    const KeyGroupRange range = key_groups_of(SubtaskIndex(subtask), now, groups);
    for (const HandleShare& share : share_handles(handles, range, "counts")) {
      RC_ASSERT(share.whole == (share.range == handles[share.handle].range));
      for (std::uint16_t group = share.range.begin; group < share.range.end; ++group) {
        RC_ASSERT(range.contains(KeyGroup(group)));
        RC_ASSERT(handles[share.handle].range.contains(KeyGroup(group)));
        ++given[group];
      }
    }
  }
  RC_ASSERT(given.size() == groups);
  for (const auto& [group, times] : given) RC_ASSERT(times == 1);
}

TEST(HandleShares, RefuseAKeyGroupThatIsNowhereOrTwice) {
  EXPECT_THAT(refusal({handle({0, 4}), handle({6, 8})}, {0, 8}),
              testing::AllOf(HasSubstr("'counts'"), HasSubstr("key group 4 nowhere")));
  EXPECT_THAT(refusal({handle({0, 4})}, {2, 8}), HasSubstr("key group 4 nowhere"));
  EXPECT_THAT(refusal({}, {2, 8}), HasSubstr("key group 2 nowhere"));
  EXPECT_THAT(refusal({handle({0, 5}), handle({4, 8})}, {0, 8}), HasSubstr("key group 4 twice"));
  EXPECT_THAT(refusal({handle({0, 8}), handle({0, 8})}, {0, 8}), HasSubstr("key group 0 twice"));
  EXPECT_EQ(refusal({handle({4, 8}), handle({0, 4})}, {0, 8}), "");
}

TEST(HandleShares, HaveTheLowestHorizonOfEachState) {
  const std::vector<StateHandle> handles{handle({0, 4}, 30), handle({4, 8}, 20), handle({8, 9}, 10)};
  const auto shares = share_handles(handles, {0, 8}, "counts");
  const auto merged = merge_states(handles, shares, "counts");
  ASSERT_EQ(merged.size(), 1U);
  EXPECT_EQ(merged[0].horizon, timestamp_ms(20));
}

TEST(HandleShares, RefuseSubtasksWithOtherStates) {
  StateHandle other = handle({4, 8});
  other.states[0].name = "sums";
  EXPECT_THAT(refusal({handle({0, 4}), other}, {0, 8}), HasSubstr("do not have the same states"));
}

std::size_t taken_over(const std::vector<StateHandle>& handles, KeyGroupRange range) {
  const auto shares = share_handles(handles, range, "counts");
  return share_to_take_over(handles, shares, merge_states(handles, shares, "counts"));
}

TEST(HandleShares, TakeOverTheLargestHandleThatIsWholeAndHidesNothingMoreThanTheOthers) {
  EXPECT_EQ(taken_over({handle({0, 2}, 0, 5), handle({2, 4}, 0, 9), handle({4, 9}, 0, 99)}, {0, 8}), 1U);
  EXPECT_EQ(taken_over({handle({0, 2}, 0, 5), handle({2, 4}, 7, 9)}, {0, 4}), 0U);
  EXPECT_EQ(taken_over({handle({0, 8})}, {0, 4}), 1U) << "none";
}

}  // namespace
}  // namespace weir::state
