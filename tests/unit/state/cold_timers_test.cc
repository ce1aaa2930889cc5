#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/key_groups.h"
#include "weir/state/cold_times.h"
#include "weir/state/timers.h"

#include "little_memory.h"
#include "state_bed.h"

namespace weir::state {
namespace {

using testing::HasSubstr;

constexpr Timestamp at(std::uint64_t ms) { return timestamp_ms(static_cast<std::int64_t>(ms)); }

/// Timers with little memory.
struct Few {
  explicit Few(std::size_t share = 0, const StateBed::Wrap& wrap = nullptr) : little(wrap, share) {}
  Few(const Few&) = delete;
  Few& operator=(const Few&) = delete;

  void open() { timers.open(*little.state, "timers"); }

  void choose(std::uint64_t key) {
    chosen = key;
    current.set(hash_key(chosen), chosen);
  }
  bool set(std::uint64_t key, std::uint64_t ms) {
    choose(key);
    return timers.set(at(ms));
  }
  bool cancel(std::uint64_t key, std::uint64_t ms) {
    choose(key);
    return timers.cancel(at(ms));
  }
  /// Keys and times of those that are due, in the order in which they come.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> take_due(std::uint64_t now) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> taken;
    std::uint64_t key = 0;
    Timestamp time;
    while (timers.take_due(at(now), key, time)) taken.emplace_back(to_ms(time), key);
    return taken;
  }
  std::uint64_t cold() const { return little.state->memory_use().entries_cold; }
  std::uint64_t reads() const {
    const ColdReads::Counts& counts = little.state->reads()->counts();
    return counts.rows_at_once + counts.rows_ahead + counts.scans;
  }

  std::uint64_t chosen = 0;
  CurrentKey<std::uint64_t> current;
  Timers<std::uint64_t> timers{current};
  LittleMemory little;
};

using Taken = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

/// Keys that lie in one key group.
std::vector<std::uint64_t> keys_of_one_group(std::size_t count) {
  const KeyGroup group = key_group_of(hash_key(std::uint64_t{0}), kDefaultKeyGroups);
  std::vector<std::uint64_t> keys;
  for (std::uint64_t key = 0; keys.size() < count; ++key)
    if (key_group_of(hash_key(key), kDefaultKeyGroups) == group) keys.push_back(key);
  return keys;
}

TEST(ColdTimers, StayWithinTheirShareAndComeInTheOrderOfTheirTimes) {
  constexpr std::size_t kSomeMore = 3 * kShare;
  // Rows are written down into pieces, the last of which is not full.
  constexpr std::size_t kPiece = 256 << 10;
  Few few(kSomeMore);
  few.open();
  constexpr std::uint64_t kTimers = 100'000;
  for (std::uint64_t i = 0; i < kTimers; ++i) {
    ASSERT_TRUE(few.set(i, hash_key(i) % 50'000));
    if (i % kBatch == 0) few.little.between_batches();
  }
  few.little.between_batches();
  EXPECT_GT(few.cold(), kTimers / 3);
  EXPECT_EQ(few.timers.size(), kTimers);
  Timestamp last = Timestamp::min();
  std::vector<bool> fired(kTimers);
  std::uint64_t count = 0;
  for (Timestamp time;; ++count) {
    std::uint64_t key = 0;
    if (!few.timers.take_due(at(50'000), key, time)) break;
    ASSERT_LE(last, time);
    last = time;
    ASSERT_EQ(time, at(hash_key(key) % 50'000));
    ASSERT_FALSE(fired[key]) << key;
    fired[key] = true;
    if (count % kBatch == 0) few.little.between_batches();
  }
  EXPECT_EQ(count, kTimers);
  EXPECT_LE(few.little.most, kSomeMore + kBatchBytes + kPiece);
  EXPECT_EQ(few.timers.size(), 0U);
  EXPECT_EQ(few.timers.first(), std::nullopt);
}

TEST(ColdTimers, AskNobodyUntilOneHasLeft) {
  Few few(100'000'000);
  few.open();
  for (std::uint64_t i = 0; i < 1'000; ++i) ASSERT_TRUE(few.set(i, i));
  few.little.bed.checkpoint(*few.little.state);
  few.little.between_batches();
  EXPECT_FALSE(few.set(3, 3));
  EXPECT_FALSE(few.cancel(3, 4));
  EXPECT_TRUE(few.cancel(3, 3));
  EXPECT_EQ(few.timers.first(), at(0));
  EXPECT_EQ(few.take_due(1'000).size(), 999U);
  EXPECT_EQ(few.reads(), 0U);
}

TEST(ColdTimers, AreNotSetTwice) {
  Few few;
  few.open();
  ASSERT_TRUE(few.set(1, 10));
  ASSERT_TRUE(few.set(1, 20));
  few.little.between_batches();
  ASSERT_EQ(few.cold(), 2U);
  EXPECT_FALSE(few.set(1, 20));
  EXPECT_FALSE(few.set(1, 10));
  EXPECT_TRUE(few.set(1, 15));
  EXPECT_EQ(few.timers.size(), 3U);
  EXPECT_EQ(few.take_due(100), (Taken{{10, 1}, {15, 1}, {20, 1}}));
}

TEST(ColdTimers, DoNotFireWhenTheyWereTakenBack) {
  Few few;
  few.open();
  for (std::uint64_t key = 0; key < 4; ++key) ASSERT_TRUE(few.set(key, 10 + key));
  few.little.between_batches();
  ASSERT_EQ(few.cold(), 3U) << "but for the earliest";
  EXPECT_TRUE(few.cancel(1, 11));
  EXPECT_FALSE(few.cancel(1, 11));
  EXPECT_FALSE(few.cancel(1, 12)) << "another key's";
  few.little.between_batches();
  EXPECT_FALSE(few.cancel(1, 11));
  EXPECT_TRUE(few.cancel(0, 10)) << "the earliest";
  EXPECT_EQ(few.timers.first(), at(12));
  EXPECT_EQ(few.timers.size(), 2U);
  EXPECT_EQ(few.take_due(100), (Taken{{12, 2}, {13, 3}}));
}

TEST(ColdTimers, FireOnceWhenTheyWereTakenBackAndSetAgain) {
  Few few;
  few.open();
  ASSERT_TRUE(few.set(1, 10));
  few.little.between_batches();
  ASSERT_EQ(few.cold(), 1U);
  EXPECT_TRUE(few.cancel(1, 10));
  EXPECT_TRUE(few.set(1, 10));
  EXPECT_FALSE(few.set(1, 10));
  EXPECT_EQ(few.timers.first(), at(10));
  few.little.between_batches();
  EXPECT_EQ(few.timers.size(), 1U);
  EXPECT_EQ(few.take_due(100), (Taken{{10, 1}}));
  few.little.between_batches();
  EXPECT_EQ(few.take_due(100), Taken{});
  EXPECT_TRUE(few.set(1, 10)) << "it has fired";
  EXPECT_EQ(few.take_due(100), (Taken{{10, 1}}));
}

TEST(ColdTimers, LetAnEarlierOneThatIsSetLaterComeFirst) {
  Few few;
  few.open();
  for (std::uint64_t key = 0; key < 50; ++key) ASSERT_TRUE(few.set(key, 100 + key));
  few.little.between_batches();
  ASSERT_GT(few.cold(), 25U);
  ASSERT_TRUE(few.set(200, 50));
  ASSERT_TRUE(few.set(201, 120));
  EXPECT_EQ(few.timers.first(), at(50));
  EXPECT_EQ(few.take_due(99), (Taken{{50, 200}}));
  const Taken rest = few.take_due(1'000);
  EXPECT_EQ(rest.size(), 51U);
  EXPECT_TRUE(std::is_sorted(rest.begin(), rest.end(), [](auto a, auto b) { return a.first < b.first; }));
}

TEST(ColdTimers, OfOneTimeAndKeyGroupComeBackSomeAtATime) {
  Few few;
  few.open();
  const std::vector<std::uint64_t> keys = keys_of_one_group(60);
  for (const std::uint64_t key : keys) ASSERT_TRUE(few.set(key, 10));
  few.little.between_batches();
  ASSERT_EQ(few.cold(), keys.size());
  EXPECT_EQ(few.timers.first(), at(10));
  EXPECT_EQ(few.cold(), keys.size() - 8);
  EXPECT_TRUE(few.cancel(keys[30], 10));
  std::set<std::uint64_t> fired;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    std::uint64_t key = 0;
    Timestamp time;
    ASSERT_TRUE(few.timers.take_due(at(10), key, time));
    ASSERT_TRUE(fired.insert(key).second);
    if (i % 7 == 0) few.little.between_batches();
  }
  EXPECT_FALSE(fired.contains(keys[30]));
  EXPECT_EQ(few.take_due(10), Taken{});
}

TEST(ColdTimers, AreNotAskedForWhereNoneCanBe) {
  Few few;
  few.open();
  const std::vector<std::uint64_t> keys = keys_of_one_group(3);
  ASSERT_TRUE(few.set(keys[0], 10));
  ASSERT_TRUE(few.set(keys[1], 20));
  few.little.between_batches();
  ASSERT_EQ(few.cold(), 2U);
  const std::uint64_t reads = few.reads();
  EXPECT_TRUE(few.set(keys[2], 21));
  EXPECT_TRUE(few.set(keys[2], 9));
  EXPECT_FALSE(few.cancel(keys[2], 22));
  EXPECT_EQ(few.reads(), reads);
  EXPECT_FALSE(few.cancel(keys[2], 15));
  EXPECT_EQ(few.reads(), reads + 1);
}

TEST(ColdTimers, ThatCannotBeReadAreAFailureAndNeverNone) {
  std::shared_ptr<Failing> store;
  Few few(0, [&](std::shared_ptr<ColdStore> below) { return store = std::make_shared<Failing>(below); });
  few.open();
  ASSERT_TRUE(few.set(1, 10));
  ASSERT_TRUE(few.set(1, 20));
  few.little.between_batches();
  ASSERT_EQ(few.cold(), 2U);
  store->at = Failing::At::kReading;
  std::uint64_t key = 0;
  Timestamp time;
  EXPECT_THAT(error_of([&] { few.timers.first(); }), HasSubstr("an input/output error"));
  EXPECT_THAT(error_of([&] { few.timers.take_due(at(100), key, time); }), HasSubstr("an input/output error"));
  EXPECT_THAT(error_of([&] { few.timers.set(at(20)); }), HasSubstr("an input/output error"));
  EXPECT_THAT(error_of([&] { few.timers.cancel(at(10)); }), HasSubstr("an input/output error"));
}

TEST(ColdTimers, StayWhereTheyAreWhenARestoreHasNoRoomForThem) {
  constexpr std::uint64_t kTimers = 60'000;
  Few all(100'000'000);
  all.open();
  for (std::uint64_t i = 0; i < kTimers; ++i) ASSERT_TRUE(all.set(i, hash_key(i) % 1'000));
  const StateHandle handle = all.little.bed.checkpoint(*all.little.state);
  // The same directory, another state.
  CurrentKey<std::uint64_t> current;
  Timers<std::uint64_t> timers(current);
  const auto state = all.little.bed.make(1'024, nullptr, kAll, kShare);
  state->expect({handle}, all.little.bed.fetch());
  timers.open(*state, "timers");
  all.little.bed.finish_restore(*state);
  EXPECT_LE(state->memory_use().bytes, kShare);
  EXPECT_GT(state->memory_use().entries_cold, kTimers / 4);
  EXPECT_EQ(timers.size(), kTimers);
  EXPECT_EQ(timers.first(), at(0));
  std::uint64_t fired = 0;
  std::uint64_t key = 0;
  Timestamp last = Timestamp::min();
  for (Timestamp time; timers.take_due(at(1'000), key, time); ++fired) {
    ASSERT_LE(last, time);
    last = time;
    ASSERT_EQ(time, at(hash_key(key) % 1'000));
  }
  EXPECT_EQ(fired, kTimers);
}

TEST(ColdTimes, KnowBetweenWhichTimesAGroupsTimersLie) {
  ColdTimes times;
  times.open({10, 20});
  EXPECT_EQ(times.first(), ColdTimes::kNever);
  EXPECT_FALSE(times.may_hold(KeyGroup(10), at(5)));
  times.add(KeyGroup(12), at(30));
  times.add(KeyGroup(12), at(50));
  times.add(KeyGroup(19), at(40));
  EXPECT_EQ(times.first(), at(30));
  EXPECT_EQ(times.first_group(), KeyGroup(12));
  EXPECT_TRUE(times.may_hold(KeyGroup(12), at(30)));
  EXPECT_TRUE(times.may_hold(KeyGroup(12), at(50)));
  EXPECT_FALSE(times.may_hold(KeyGroup(12), at(29)));
  EXPECT_FALSE(times.may_hold(KeyGroup(12), at(51)));
  EXPECT_FALSE(times.may_hold(KeyGroup(10), at(40)));
  times.read_up_to(KeyGroup(12), at(45), "row");
  EXPECT_EQ(times.first(), at(40));
  EXPECT_EQ(times.first_row(KeyGroup(12)), "row");
  times.add(KeyGroup(12), at(46));
  EXPECT_EQ(times.first_row(KeyGroup(12)), "row") << "what lies behind it does not change where it begins";
  times.add(KeyGroup(12), at(45));
  EXPECT_EQ(times.first_row(KeyGroup(12)), "") << "it may lie before that row";
  times.read_all(KeyGroup(19));
  EXPECT_EQ(times.first_group(), KeyGroup(12));
  times.read_all(KeyGroup(12));
  EXPECT_EQ(times.first(), ColdTimes::kNever);
}

}  // namespace
}  // namespace weir::state
