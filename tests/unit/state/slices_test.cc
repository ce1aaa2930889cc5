#include "weir/state/slices.h"

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <utility>
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
  count(slices, 2'000, 2);
  EXPECT_EQ(counted(slices, 2'000, 1), 0);
  EXPECT_EQ(counted(slices, 2'000, 2), 1);
}

TEST(Slices, RaiseTheHorizonToWhatExpired) {
  Counts slices;
  EXPECT_EQ(slices.horizon(), Timestamp::min());
  slices.expire_until(timestamp_ms(1'000));
  slices.expire_until(timestamp_ms(500));
  EXPECT_EQ(slices.horizon(), timestamp_ms(1'000));
}

TEST(SlicesDeathTest, RefuseASliceBelowTheHorizon) {
  Counts slices;
  slices.expire_until(timestamp_ms(1'000));
  EXPECT_DEATH(slices.at(timestamp_ms(1'000)), "1000 1000");
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

/// Rows by slice end and key.
class Rows final : public EntryWriter<std::uint64_t, std::int64_t> {
 public:
  using Map = std::map<std::pair<std::int64_t, std::uint64_t>, std::int64_t>;

  void put(Timestamp slice, std::uint64_t, const std::uint64_t& key, const std::int64_t& value) override {
    EXPECT_TRUE(puts.emplace(std::pair(to_ms(slice), key), value).second) << to_ms(slice) << " " << key;
  }
  void erase(Timestamp slice, std::uint64_t, const std::uint64_t& key) override {
    ADD_FAILURE() << "nothing was erased: " << to_ms(slice) << " " << key;
  }

  Map puts;
};

constexpr auto kNever = [] { return false; };
constexpr auto kAlways = [] { return true; };

TEST(Slices, WriteEntriesDownWithTheEndsOfTheirSlices) {
  Rows rows;
  Counts slices;
  slices.track(rows);
  count(slices, 1'000, 1);
  count(slices, 2'000, 1);
  count(slices, 2'000, 2);
  slices.freeze();
  EXPECT_TRUE(slices.frozen());
  count(slices, 2'000, 2);
  count(slices, 3'000, 1);
  EXPECT_TRUE(slices.drain(kNever));
  EXPECT_FALSE(slices.frozen());
  EXPECT_EQ(rows.puts, (Rows::Map{{{1'000, 1}, 1}, {{2'000, 1}, 1}, {{2'000, 2}, 1}}));
  rows.puts.clear();
  slices.freeze();
  EXPECT_TRUE(slices.drain(kNever));
  EXPECT_EQ(rows.puts, (Rows::Map{{{2'000, 2}, 2}, {{3'000, 1}, 1}}));
}

TEST(Slices, KeepAnExpiredSliceAsideUntilItsFrozenEntriesAreWritten) {
  Rows rows;
  Counts slices;
  slices.track(rows);
  for (std::uint64_t key = 0; key < 3'000; ++key) count(slices, 1'000, key);
  for (std::uint64_t key = 0; key < 3'000; ++key) count(slices, 2'000, key);
  slices.freeze();
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(slices.drain(kAlways));
  slices.expire_until(timestamp_ms(2'000));
  EXPECT_TRUE(slices.empty());
  EXPECT_EQ(slices.entries(), 0U);
  count(slices, 3'000, 1);
  while (!slices.drain(kAlways)) count(slices, 3'000, 1);
  EXPECT_EQ(rows.puts.size(), 6'000U);
  for (const auto& [key, value] : rows.puts) EXPECT_EQ(value, 1);
  rows.puts.clear();
  const std::size_t bytes = slices.memory_bytes();
  for (std::uint64_t key = 0; key < 3'000; ++key) count(slices, 4'000, key);
  EXPECT_EQ(slices.memory_bytes(), bytes);
  slices.expire_until(timestamp_ms(3'000));
  slices.freeze();
  EXPECT_TRUE(slices.drain(kNever));
  EXPECT_EQ(rows.puts.size(), 3'000U);
  EXPECT_TRUE(rows.puts.contains(std::pair(4'000, 5U)));
}

TEST(Slices, NeverWriteWhatExpiredBeforeTheFreeze) {
  Rows rows;
  Counts slices;
  slices.track(rows);
  count(slices, 1'000, 1);
  slices.expire_until(timestamp_ms(1'000));
  slices.freeze();
  EXPECT_TRUE(slices.drain(kNever));
  EXPECT_EQ(rows.puts, Rows::Map{});
}

/// Random changes, expiries, freezes and slices of drains: what is written makes rows that are, above the horizon of
/// the freeze, what the slices held then.
TEST(Slices, AgreeWithACopyOfAMapUnderRandomChanges) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    std::mt19937_64 random(seed);
    Rows rows;
    Counts slices;
    slices.track(rows);
    Rows::Map model;
    Rows::Map cold;
    std::optional<std::pair<Rows::Map, std::int64_t>> picture;
    std::int64_t horizon = 0;
    slices.expire_until(timestamp_ms(0));
    for (int i = 0; i < 5'000; ++i) {
      const std::int64_t end = horizon + 1 + static_cast<std::int64_t>(random() % 4);
      const std::uint64_t key = random() % 300;
      count(slices, end, key);
      ++model[{end, key}];
      if (random() % 300 == 0) {
        slices.expire_until(timestamp_ms(++horizon));
        std::erase_if(model, [&](const auto& row) { return row.first.first <= horizon; });
      }
      if (!picture && random() % 200 == 0) {
        slices.freeze();
        picture = std::pair(model, horizon);
      } else if (picture && random() % 8 == 0 && slices.drain(kAlways)) {
        for (const auto& [row, value] : rows.puts) cold[row] = value;
        rows.puts.clear();
        std::erase_if(cold, [&](const auto& row) { return row.first.first <= picture->second; });
        ASSERT_EQ(cold, picture->first) << "seed " << seed << ", step " << i;
        picture.reset();
      }
      ASSERT_EQ(slices.entries(), model.size());
    }
  }
}

}  // namespace
}  // namespace weir::state
