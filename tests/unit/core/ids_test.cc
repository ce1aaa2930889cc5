#include "weir/core/ids.h"

#include <concepts>
#include <type_traits>
#include <unordered_set>

#include <gtest/gtest.h>

namespace weir {
namespace {

// What must not compile: kinds that mix.
static_assert(!std::is_convertible_v<std::uint32_t, SubtaskIndex>);
static_assert(!std::is_convertible_v<SubtaskIndex, std::uint32_t>);
static_assert(!std::equality_comparable_with<SubtaskIndex, NodeId>);
static_assert(!std::is_constructible_v<SubtaskIndex, NodeId>);

TEST(StrongId, StartsAtZeroAndKeepsItsValue) {
  EXPECT_EQ(CheckpointId{}.value(), 0U);
  EXPECT_EQ(CheckpointId{7}.value(), 7U);
}

TEST(StrongId, IsAsSmallAsItsInteger) {
  EXPECT_EQ(sizeof(KeyGroup), sizeof(std::uint16_t));
  EXPECT_EQ(sizeof(CheckpointId), sizeof(std::uint64_t));
}

TEST(StrongId, IsOrderedLikeItsInteger) {
  EXPECT_LT(CheckpointId{9}, CheckpointId{10});
  EXPECT_EQ(KeyGroup{3}, KeyGroup{3});
  EXPECT_NE(KeyGroup{3}, KeyGroup{4});
}

TEST(StrongId, CanBeTheKeyOfAHashTable) {
  const std::unordered_set<NodeId> nodes{NodeId{1}, NodeId{2}, NodeId{1}};
  EXPECT_EQ(nodes.size(), 2U);
  EXPECT_TRUE(nodes.contains(NodeId{2}));
}

}  // namespace
}  // namespace weir
