#include "weir/state/slices.h"

#include <cstdint>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace weir::state {
namespace {

using Counts = Slices<std::uint64_t, std::int64_t>;

void count(Counts& slices, std::int64_t end, std::uint64_t key) {
  ++*slices.at(timestamp_ms(end)).find_or_insert(key * 0x9e3779b97f4a7c15, key).first;
}

std::int64_t counted(Counts& slices, std::int64_t end, std::uint64_t key) {
  auto* table = slices.find(timestamp_ms(end));
  if (table == nullptr) return -1;
  const auto* value = table->find(key * 0x9e3779b97f4a7c15, key);
  return value != nullptr ? *value : 0;
}

std::vector<std::int64_t> ends(Counts& slices, std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> found;
  slices.for_each_slice(timestamp_ms(from), timestamp_ms(to),
                        [&](Timestamp end, auto&) { found.push_back(to_ms(end)); });
  return found;
}

TEST(Slices, KeepATableForEachSlice) {
  Counts slices;
  EXPECT_EQ(slices.first(), std::nullopt);
  for (int i = 0; i < 3; ++i) count(slices, 1'000, 1);
  count(slices, 2'000, 1);
  count(slices, 1'000, 2);
  EXPECT_EQ(slices.size(), 2U);
  EXPECT_EQ(counted(slices, 1'000, 1), 3);
  EXPECT_EQ(counted(slices, 2'000, 1), 1);
  EXPECT_EQ(counted(slices, 1'000, 2), 1);
  EXPECT_EQ(counted(slices, 2'000, 2), 0);
  EXPECT_EQ(counted(slices, 3'000, 1), -1);
}

TEST(Slices, AreWalkedInOrderOfTimeWithinBothBounds) {
  Counts slices;
  for (const std::int64_t end : {5'000, -1'000, 3'000, 0, 1'000}) count(slices, end, 1);
  EXPECT_EQ(ends(slices, -5'000, 9'000), (std::vector<std::int64_t>{-1'000, 0, 1'000, 3'000, 5'000}));
  EXPECT_EQ(ends(slices, 0, 3'000), (std::vector<std::int64_t>{0, 1'000, 3'000}));
  EXPECT_EQ(ends(slices, 1'001, 2'999), std::vector<std::int64_t>{});
  EXPECT_EQ(slices.first(), timestamp_ms(-1'000));
  EXPECT_EQ(slices.next(timestamp_ms(1'000)), timestamp_ms(3'000));
  EXPECT_EQ(slices.next(timestamp_ms(5'000)), std::nullopt);
}

TEST(Slices, ExpireUpToAndWithTheGivenTime) {
  Counts slices;
  for (const std::int64_t end : {1'000, 2'000, 3'000}) count(slices, end, 1);
  slices.expire_until(timestamp_ms(1'999));
  EXPECT_EQ(ends(slices, 0, 9'000), (std::vector<std::int64_t>{2'000, 3'000}));
  slices.expire_until(timestamp_ms(3'000));
  EXPECT_TRUE(slices.empty());
  EXPECT_EQ(slices.first(), std::nullopt);
}

TEST(Slices, ForgetTheTableLastUsedWhenItExpires) {
  Counts slices;
  count(slices, 1'000, 1);
  slices.expire_until(timestamp_ms(1'000));
  EXPECT_EQ(counted(slices, 1'000, 1), -1);
  count(slices, 1'000, 2);
  EXPECT_EQ(counted(slices, 1'000, 1), 0);
  EXPECT_EQ(counted(slices, 1'000, 2), 1);
}

TEST(Slices, GiveExpiredMemoryToLaterSlices) {
  Counts slices;
  for (std::uint64_t key = 0; key < 5'000; ++key) count(slices, 1'000, key);
  const std::size_t bytes = slices.memory_bytes();
  EXPECT_GE(bytes, 5'000U * 24);
  slices.expire_until(timestamp_ms(1'000));
  EXPECT_EQ(slices.memory_bytes(), bytes);
  for (std::uint64_t key = 0; key < 5'000; ++key) count(slices, 2'000, key);
  EXPECT_EQ(slices.memory_bytes(), bytes);
  EXPECT_EQ(counted(slices, 2'000, 17), 1);
}

TEST(Slices, DoNotHoardTheTablesOfABurst) {
  Counts slices;
  for (std::int64_t end = 1; end <= 100; ++end) count(slices, end, 1);
  const std::size_t bytes = slices.memory_bytes();
  slices.expire_until(timestamp_ms(100));
  EXPECT_LE(slices.memory_bytes(), bytes / 50);
}

TEST(Slices, MoveWithTheirTables) {
  Counts slices;
  count(slices, 1'000, 1);
  Counts moved = std::move(slices);
  EXPECT_TRUE(slices.empty());
  EXPECT_EQ(slices.find(timestamp_ms(1'000)), nullptr);
  EXPECT_EQ(counted(moved, 1'000, 1), 1);
  count(moved, 1'000, 1);
  EXPECT_EQ(counted(moved, 1'000, 1), 2);
  slices = std::move(moved);
  EXPECT_EQ(counted(slices, 1'000, 1), 2);
  EXPECT_EQ(moved.find(timestamp_ms(1'000)), nullptr);
}

}  // namespace
}  // namespace weir::state
