#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "weir/state/table.h"

namespace weir::state {
namespace {

using Counts = Table<std::uint64_t, std::int64_t>;
using Rows = std::map<std::uint64_t, std::int64_t>;

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// A cold store as a table sees it: what was put belongs to the checkpoint at hand, what was erased to the next one.
class ColdRows final : public EntryWriter<std::uint64_t, std::int64_t> {
 public:
  void put(Timestamp slice, std::uint64_t, const std::uint64_t& key, const std::int64_t& value) override {
    EXPECT_EQ(slice, timestamp_ms(7));
    EXPECT_TRUE(puts_.emplace(key, value).second) << "key " << key << " was written twice";
  }
  void erase(Timestamp slice, std::uint64_t, const std::uint64_t& key) override {
    EXPECT_EQ(slice, timestamp_ms(7));
    ended_.push_back(key);
  }

  void freeze() { frozen_ended_ = std::exchange(ended_, {}); }

  /// What one checkpoint's drain wrote; all rows after it.
  const Rows& apply() {
    for (const std::uint64_t key : frozen_ended_) {
      EXPECT_TRUE(rows_.contains(key) || puts_.contains(key)) << "key " << key << " had no row to erase";
      rows_.erase(key);
    }
    for (const auto& [key, value] : puts_) rows_[key] = value;
    written_ = std::exchange(puts_, {}).size();
    return rows_;
  }
  std::size_t written() const { return written_; }
  std::size_t put_so_far() const { return puts_.size(); }

 private:
  Rows rows_;
  Rows puts_;
  std::vector<std::uint64_t> ended_;
  std::vector<std::uint64_t> frozen_ended_;
  std::size_t written_ = 0;
};

constexpr auto kNever = [] { return false; };
constexpr auto kAlways = [] { return true; };

/// A table over its cold rows.
struct Tracked {
  Tracked() { table.track(cold, timestamp_ms(7)); }

  void set(std::uint64_t key, std::int64_t value) { *table.find_or_insert(mix(key), key).first = value; }
  void freeze() {
    table.freeze();
    cold.freeze();
  }
  const Rows& drain() {
    EXPECT_TRUE(table.drain(kNever));
    return cold.apply();
  }

  Counts table;
  ColdRows cold;
};

TEST(TableDrain, WritesWhatChangedSinceTheLastFreezeAndNothingElse) {
  Tracked t;
  for (std::uint64_t key = 0; key < 10'000; ++key) t.set(key, 1);
  t.freeze();
  EXPECT_EQ(t.drain().size(), 10'000U);
  for (std::uint64_t key = 0; key < 10'000; key += 100) t.set(key, 2);
  t.freeze();
  EXPECT_EQ(t.drain().at(300), 2);
  EXPECT_EQ(t.cold.written(), 100U);
  t.freeze();
  EXPECT_FALSE(t.table.frozen());
  t.drain();
  EXPECT_EQ(t.cold.written(), 0U);
}

TEST(TableDrain, DoesNotTakeReadingForAChange) {
  Tracked t;
  for (std::uint64_t key = 0; key < 5'000; ++key) t.set(key, 1);
  t.freeze();
  t.drain();
  const Counts& reader = t.table;
  ASSERT_NE(reader.find(mix(17), std::uint64_t{17}), nullptr);
  std::size_t met = 0;
  reader.for_each([&](std::uint64_t, const std::int64_t&, std::uint64_t) { ++met; });
  Counts::Cursor cursor = reader.begin();
  Counts::ConstEntry entry;
  while (reader.next(cursor, entry)) ++met;
  EXPECT_EQ(met, 10'000U);
  t.freeze();
  t.drain();
  EXPECT_EQ(t.cold.written(), 0U);
}

TEST(TableDrain, TakesEveryValueHandedOutToBeWrittenForAChange) {
  Tracked t;
  for (std::uint64_t key = 0; key < 3; ++key) t.set(key, 1);
  const auto written = [&] {
    t.freeze();
    t.drain();
    return t.cold.written();
  };
  EXPECT_EQ(written(), 3U);
  ASSERT_NE(t.table.find(mix(1), std::uint64_t{1}), nullptr);
  EXPECT_EQ(written(), 1U);
  t.table.for_each([](std::uint64_t, std::int64_t&, std::uint64_t) {});
  EXPECT_EQ(written(), 3U);
  Counts::Cursor cursor = t.table.begin();
  Counts::Entry entry;
  ASSERT_TRUE(t.table.next(cursor, entry));
  EXPECT_EQ(written(), 1U);
}

TEST(TableDrain, WritesAFrozenEntryBeforeItChanges) {
  Tracked t;
  for (std::uint64_t key = 0; key < 3'000; ++key) t.set(key, 1);
  t.freeze();
  for (std::uint64_t key = 0; key < 3'000; key += 2) t.set(key, 2);
  EXPECT_EQ(t.cold.put_so_far(), 1'500U);
  for (const auto& [key, value] : t.drain()) EXPECT_EQ(value, 1) << key;
  t.freeze();
  EXPECT_EQ(t.drain().at(2), 2);
  EXPECT_EQ(t.cold.written(), 1'500U);
}

TEST(TableDrain, LeavesOutWhatCameAfterTheFreeze) {
  Tracked t;
  t.set(1, 1);
  t.freeze();
  for (std::uint64_t key = 2; key < 50'000; ++key) t.set(key, 1);
  EXPECT_EQ(t.drain(), (Rows{{1, 1}}));
  t.freeze();
  EXPECT_EQ(t.drain().size(), 49'999U);
}

TEST(TableDrain, KeepsAnEntryThatEndsWhileFrozenUntilTheNextFreeze) {
  Tracked t;
  t.set(1, 1);
  t.set(2, 2);
  t.freeze();
  t.table.erase(mix(1), std::uint64_t{1});
  EXPECT_EQ(t.drain(), (Rows{{1, 1}, {2, 2}}));
  t.freeze();
  EXPECT_EQ(t.drain(), (Rows{{2, 2}}));
}

TEST(TableDrain, TellsOfTheEndOfEntriesThatHaveARowOnly) {
  Tracked t;
  t.set(1, 1);
  t.table.erase(mix(1), std::uint64_t{1});
  t.set(2, 2);
  t.freeze();
  EXPECT_EQ(t.drain(), (Rows{{2, 2}}));
  t.table.erase(mix(2), std::uint64_t{2});
  t.set(2, 3);
  t.freeze();
  EXPECT_EQ(t.drain(), (Rows{{2, 3}}));
}

TEST(TableDrain, StopsWhenItIsToldToAndGoesOnFromThere) {
  Tracked t;
  for (std::uint64_t key = 0; key < 20'000; ++key) t.set(key, 1);
  t.freeze();
  std::size_t steps = 1;
  while (!t.table.drain(kAlways)) ++steps;
  EXPECT_GE(steps, 20'000U / detail::kGroupSlots);
  EXPECT_EQ(t.cold.apply().size(), 20'000U);
}

TEST(TableDrain, GoesOnWhileTheTableGrows) {
  Tracked t;
  for (std::uint64_t key = 0; key < 30'000; ++key) t.set(key, 1);
  t.freeze();
  std::uint64_t fresh = 30'000;
  while (!t.table.drain(kAlways)) {
    for (int i = 0; i < 100; ++i) t.set(fresh++, 2);
  }
  const Rows& rows = t.cold.apply();
  EXPECT_EQ(rows.size(), 30'000U);
  for (const auto& [key, value] : rows) ASSERT_EQ(value, 1) << key;
  t.freeze();
  EXPECT_EQ(t.drain().size(), fresh);
  EXPECT_EQ(t.cold.written(), fresh - 30'000);
}

TEST(TableDrain, FindsWhatWasLoadedAndTakesItForClean) {
  Tracked t;
  for (std::uint64_t key = 0; key < 5'000; ++key) {
    std::int64_t* value = t.table.load(mix(key), key);
    ASSERT_NE(value, nullptr);
    *value = 5;
  }
  EXPECT_EQ(t.table.load(mix(3), std::uint64_t{3}), nullptr);
  EXPECT_EQ(t.table.find_or_insert(mix(3), std::uint64_t{3}), std::pair(t.table.find(mix(3), std::uint64_t{3}), false));
  EXPECT_EQ(*std::as_const(t.table).find(mix(4'999), std::uint64_t{4'999}), 5);
  t.freeze();
  EXPECT_EQ(t.drain(), (Rows{{3, 5}}));
}

TEST(TableDrain, ForgetsWithoutATraceWhatIsCleared) {
  Tracked t;
  for (std::uint64_t key = 0; key < 3'000; ++key) t.set(key, 1);
  t.freeze();
  t.drain();
  for (std::uint64_t key = 0; key < 3'000; ++key) t.set(key, 2);
  t.table.clear();
  t.freeze();
  t.drain();
  EXPECT_EQ(t.cold.written(), 0U);
  for (std::uint64_t key = 0; key < 3'000; ++key) t.set(key, 3);
  t.freeze();
  t.drain();
  EXPECT_EQ(t.cold.written(), 3'000U);
}

TEST(TableDrainDeathTest, RefusesToFreezeWhatIsFrozenStill) {
  Tracked t;
  t.set(1, 1);
  t.freeze();
  EXPECT_DEATH(t.table.freeze(), "frozen");
  EXPECT_DEATH(t.table.clear(), "frozen");
}

/// Random changes, freezes and slices of drains; after each drain the rows are what the table held at its freeze.
void play(std::uint64_t seed, std::uint64_t (*hash)(std::uint64_t), std::size_t operations, std::uint64_t keys) {
  std::mt19937_64 random(seed);
  Tracked t;
  Rows model;
  std::optional<Rows> picture;
  for (std::size_t i = 0; i < operations; ++i) {
    const std::uint64_t key = random() % keys;
    switch (random() % 8) {
      case 0:
      case 1:
        ASSERT_EQ(t.table.erase(hash(key), key), model.erase(key) == 1);
        break;
      case 2: {
        const auto* value = std::as_const(t.table).find(hash(key), key);
        ASSERT_EQ(value != nullptr, model.contains(key));
        break;
      }
      case 3:
        if (auto* value = t.table.find(hash(key), key)) *value = model.at(key) = static_cast<std::int64_t>(i);
        break;
      default:
        *t.table.find_or_insert(hash(key), key).first = model[key] = static_cast<std::int64_t>(i);
    }
    if (!picture && random() % (keys / 4 + 1) == 0) {
      t.freeze();
      picture = model;
    } else if (picture && random() % 4 == 0 && t.table.drain(kAlways)) {
      ASSERT_EQ(t.cold.apply(), *picture);
      picture.reset();
    }
    ASSERT_EQ(t.table.size(), model.size());
  }
}

TEST(TableDrain, AgreesWithACopyOfAMapUnderRandomChanges) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) play(seed, mix, 20'000, 10 + seed * 20);
  play(100, mix, 300'000, 20'000);
}

TEST(TableDrain, AgreesWithACopyOfAMapWhenHashesShareTheirLowBits) {
  play(1, [](std::uint64_t key) { return key << 32 | 0x12345678; }, 60'000, 3'000);
  play(2, [](std::uint64_t key) { return mix(key) << 12; }, 60'000, 5'000);
  play(3, [](std::uint64_t key) { return mix(key) & 0xff; }, 60'000, 3'000);
  play(4, [](std::uint64_t) { return std::uint64_t{0}; }, 40'000, 1'500);
}

}  // namespace
}  // namespace weir::state
