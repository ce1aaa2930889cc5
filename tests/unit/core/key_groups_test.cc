#include "weir/core/key_groups.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t kTopHash = ~std::uint64_t{0};

TEST(KeyGroups, ScaleTheHighHalfOfTheHash) {
  EXPECT_EQ(key_group_of(0, 1024), KeyGroup(0));
  EXPECT_EQ(key_group_of(0x00000000'FFFFFFFF, 1024), KeyGroup(0));
  EXPECT_EQ(key_group_of(0x00400000'00000000, 1024), KeyGroup(1));
  EXPECT_EQ(key_group_of(0x80000000'00000000, 1024), KeyGroup(512));
  EXPECT_EQ(key_group_of(0x80000000'00000000, 1000), KeyGroup(500));
  EXPECT_EQ(key_group_of(kTopHash, 1024), KeyGroup(1023));
  EXPECT_EQ(key_group_of(kTopHash, kMaxKeyGroups), KeyGroup(32767));
  EXPECT_EQ(key_group_of(kTopHash, 1), KeyGroup(0));
}

TEST(KeyGroups, NeverChangeForAGivenKey) {
  // Checkpoints are laid out by these values.
  EXPECT_EQ(key_group_of(hash_key(std::int64_t{0}), 1024), KeyGroup(734));
  EXPECT_EQ(key_group_of(hash_key(std::int64_t{42}), 1024), KeyGroup(960));
  EXPECT_EQ(key_group_of(hash_key("lorem"s), 1024), KeyGroup(285));
  EXPECT_EQ(key_group_of(hash_key("ipsum"s), 1024), KeyGroup(671));
  EXPECT_EQ(key_group_of(hash_key("ipsum"s), 128), KeyGroup(83));
}

TEST(KeyGroups, AreSharedOutInOrder) {
  EXPECT_EQ(subtask_of(KeyGroup(0), 3, 10), SubtaskIndex(0));
  EXPECT_EQ(subtask_of(KeyGroup(3), 3, 10), SubtaskIndex(0));
  EXPECT_EQ(subtask_of(KeyGroup(4), 3, 10), SubtaskIndex(1));
  EXPECT_EQ(subtask_of(KeyGroup(9), 3, 10), SubtaskIndex(2));
  EXPECT_EQ(key_groups_of(SubtaskIndex(0), 3, 10), (KeyGroupRange{0, 4}));
  EXPECT_EQ(key_groups_of(SubtaskIndex(1), 3, 10), (KeyGroupRange{4, 7}));
  EXPECT_EQ(key_groups_of(SubtaskIndex(2), 3, 10), (KeyGroupRange{7, 10}));
}

TEST(KeyGroups, OfASubtaskAreExactlyThoseThatGoToIt) {
  for (const std::uint32_t groups : {1u, 2u, 7u, 128u, 1000u, 1024u, kMaxKeyGroups}) {
    for (const std::uint32_t parallelism : {1u, 2u, 3u, 5u, 64u, 127u, 1000u, 32767u, kMaxKeyGroups}) {
      if (parallelism > groups) continue;
      std::uint32_t next = 0;
      for (std::uint32_t s = 0; s < parallelism; ++s) {
        const KeyGroupRange range = key_groups_of(SubtaskIndex(s), parallelism, groups);
        ASSERT_EQ(range.begin, next);
        ASSERT_FALSE(range.empty());
        for (std::uint32_t group = range.begin; group < range.end; ++group)
          ASSERT_EQ(subtask_of(KeyGroup(static_cast<std::uint16_t>(group)), parallelism, groups), SubtaskIndex(s));
        next = range.end;
      }
      ASSERT_EQ(next, groups);
    }
  }
}

TEST(KeyGroupRange, KnowsWhatItHolds) {
  constexpr KeyGroupRange range{4, 7};
  EXPECT_EQ(range.size(), 3u);
  EXPECT_TRUE(range.contains(KeyGroup(4)));
  EXPECT_TRUE(range.contains(KeyGroup(6)));
  EXPECT_FALSE(range.contains(KeyGroup(7)));
  EXPECT_FALSE(range.contains(KeyGroup(3)));
  EXPECT_TRUE(KeyGroupRange{}.empty());
  EXPECT_EQ(KeyGroupRange{}.size(), 0u);
}

TEST(KeyGroupRange, IntersectsOthers) {
  EXPECT_EQ((KeyGroupRange{0, 5}.intersect({3, 9})), (KeyGroupRange{3, 5}));
  EXPECT_EQ((KeyGroupRange{3, 9}.intersect({0, 5})), (KeyGroupRange{3, 5}));
  EXPECT_EQ((KeyGroupRange{0, 9}.intersect({3, 5})), (KeyGroupRange{3, 5}));
  EXPECT_EQ((KeyGroupRange{0, 3}.intersect({3, 5})), KeyGroupRange{});
  EXPECT_FALSE((KeyGroupRange{0, 3}.overlaps({3, 5})));
  EXPECT_TRUE((KeyGroupRange{0, 4}.overlaps({3, 5})));
}

TEST(KeyGroupTable, AgreesWithTheFormulas) {
  const KeyGroupTable table(5, 1000);
  std::vector<KeyHash> hashes;
  for (std::int64_t key = 0; key < 5000; ++key) hashes.push_back(hash_key(key));
  std::vector<std::uint16_t> targets(hashes.size());
  table.subtasks(hashes.data(), hashes.size(), targets.data());
  std::vector<std::size_t> records(5);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    ASSERT_EQ(SubtaskIndex(targets[i]), subtask_of(key_group_of(hashes[i], 1000), 5, 1000));
    ++records[targets[i]];
  }
  for (const std::size_t count : records) EXPECT_NEAR(static_cast<double>(count), 1000.0, 150.0);
}

}  // namespace
}  // namespace weir
