#include <algorithm>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/state/keyed_table.h"
#include "weir/state/list_state.h"
#include "weir/state/map_state.h"
#include "weir/state/sliced_state.h"
#include "weir/state/value_state.h"

#include "little_memory.h"
#include "state_bed.h"

namespace weir::state {
namespace {

using testing::HasSubstr;

TEST(StateMemory, StaysWithinItsShareAndAnswersAsWithMore) {
  LittleMemory little;
  CurrentKey<std::uint64_t> key;
  ValueState<std::uint64_t, std::uint64_t> values(key);
  values.open(*little.state, "values");
  constexpr std::uint64_t kKeys = 300'000;
  for (std::uint64_t round = 1; round <= 2; ++round) {
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      key.set(hash_key(i), i);
      values.update() += i * round;
      if (i % kBatch == 0) little.between_batches();
    }
  }
  const KeyedState::MemoryUse use = little.state->memory_use();
  EXPECT_LE(little.most, kShare + kBatchBytes);
  EXPECT_GT(use.evictions, 0U);
  EXPECT_GT(use.entries_cold, kKeys / 2);
  EXPECT_EQ(use.entries + use.entries_cold, kKeys);
  for (std::uint64_t i = 0; i < kKeys; i += 7) {
    key.set(hash_key(i), i);
    ASSERT_EQ(*values.get(), 3 * i);
  }
}

TEST(StateMemory, HasRoomForTheFirstRowsToo) {
  const KeyedTable<std::uint64_t, std::uint64_t> table;
  EXPECT_GE(table.memory().row_bytes, 2 * sizeof(std::uint64_t)) << "before any was written";
}

TEST(StateMemory, WritesDownWhatEndsBeforeThatTakesMuchOfIt) {
  constexpr std::size_t kLarge = 8'000'000;
  LittleMemory little(nullptr, kLarge);
  CurrentKey<std::uint64_t> key;
  ValueState<std::uint64_t, std::uint64_t> values(key);
  values.open(*little.state, "values");
  constexpr std::uint64_t kKeys = 200'000;
  const auto between_batches = [&little] {
    little.between_batches();
    while (little.bed.world.run_one()) little.between_batches();
  };
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    key.set(hash_key(i), i);
    values.set(i);
    if (i % kBatch == 0) between_batches();
  }
  between_batches();
  std::size_t most_on_the_way = 0;
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    key.set(hash_key(i), i);
    values.clear();
    if (i % kBatch != 0) continue;
    const KeyedState::MemoryUse use = little.state->memory_use();
    most_on_the_way = std::max(most_on_the_way, use.bytes - use.states.front().bytes);
    between_batches();
  }
  EXPECT_GT(most_on_the_way, 0U);
  EXPECT_LE(most_on_the_way, kLarge / 8 * 3);
}

TEST(StateMemory, HoldsForLists) {
  LittleMemory little;
  CurrentKey<std::uint64_t> key;
  ListState<std::uint64_t, std::uint64_t> lists(key);
  lists.open(*little.state, "lists");
  constexpr std::uint64_t kKeys = 60'000;
  for (std::uint64_t round = 0; round < 3; ++round) {
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      key.set(hash_key(i), i);
      lists.add(round);
      if (i % kBatch == 0) little.between_batches();
    }
  }
  EXPECT_LE(little.most, kShare + kBatchBytes);
  for (std::uint64_t i = 0; i < kKeys; i += 11) {
    key.set(hash_key(i), i);
    ASSERT_EQ(lists.size(), 3U);
    for (std::uint64_t round = 0; round < 3; ++round) ASSERT_EQ(lists[round], round);
  }
}

TEST(StateMemory, HoldsForOneMapThatIsLargerThanIt) {
  LittleMemory little;
  CurrentKey<std::uint64_t> key;
  MapState<std::uint64_t, std::uint64_t, std::uint64_t> maps(key);
  maps.open(*little.state, "maps");
  constexpr std::uint64_t kEntries = 100'000;
  const std::uint64_t one = 1;
  key.set(hash_key(one), one);
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    maps.set(i, 2 * i);
    if (i % kBatch == 0) little.between_batches();
  }
  EXPECT_LE(little.most, kShare + kBatchBytes);
  EXPECT_GT(little.state->memory_use().entries_cold, kEntries / 4);
  EXPECT_EQ(maps.size(), kEntries);
  std::uint64_t next = 0;
  maps.for_each([&](const std::uint64_t& i, const std::uint64_t& value) {
    ASSERT_EQ(i, next++);
    ASSERT_EQ(value, 2 * i);
  });
  EXPECT_EQ(next, kEntries);
  maps.clear();
  EXPECT_TRUE(maps.empty());
  EXPECT_EQ(maps.get(kEntries / 2), nullptr);
}

TEST(StateMemory, BringsBackOnlyWhatFits) {
  LittleMemory little;
  StateHandle handle;
  constexpr std::uint64_t kKeys = 150'000;
  {
    CurrentKey<std::uint64_t> key;
    ValueState<std::uint64_t, std::uint64_t> values(key);
    auto all = little.bed.make(1'024);
    values.open(*all, "values");
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      key.set(hash_key(i), i);
      values.set(i);
    }
    handle = little.bed.checkpoint(*all);
  }
  CurrentKey<std::uint64_t> key;
  ValueState<std::uint64_t, std::uint64_t> values(key);
  little.state->expect({handle}, little.bed.fetch());
  values.open(*little.state, "values");
  little.bed.finish_restore(*little.state);
  little.between_batches();
  EXPECT_LE(little.most, kShare + kBatchBytes);
  EXPECT_EQ(values.size(), kKeys);
  for (std::uint64_t i = 0; i < kKeys; i += 5) {
    key.set(hash_key(i), i);
    ASSERT_EQ(*values.get(), i);
  }
}

TEST(StateMemory, ReadsWhatABatchNeedsAhead) {
  LittleMemory little(nullptr, 0);
  CurrentKey<std::uint64_t> key;
  ValueState<std::uint64_t, std::uint64_t> values(key);
  values.open(*little.state, "values");
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    key.set(hash_key(i), i);
    values.set(i);
  }
  little.between_batches();
  ASSERT_EQ(little.state->memory_use().entries, 0U);
  ColdReads& reads = *little.state->reads();
  ASSERT_TRUE(key.any_cold());
  for (std::uint64_t i = 500; i < 1'500; ++i) {
    key.set(hash_key(i), i);
    key.want();
  }
  ASSERT_FALSE(reads.fetch());
  while (!reads.fetched()) little.bed.world.run_one();
  for (std::uint64_t i = 500; i < 1'500; ++i) {
    key.set(hash_key(i), i);
    ASSERT_EQ(values.get() != nullptr, i < 1'000);
    if (i < 1'000) {
      ASSERT_EQ(*values.get(), i);
    }
  }
  EXPECT_EQ(reads.counts().rows_ahead, 1'000U);
  EXPECT_EQ(reads.counts().rows_at_once, 0U);
}

TEST(StateMemory, WhatWasErasedIsAbsentWhateverTheColdStoreKnowsYet) {
  LittleMemory little(nullptr, 0);
  CurrentKey<std::uint64_t> key;
  ValueState<std::uint64_t, std::uint64_t> values(key);
  values.open(*little.state, "values");
  const auto choose = [&](std::uint64_t i) { key.set(hash_key(i), i); };
  const std::uint64_t keys[] = {0, 1, 2};
  for (const std::uint64_t& i : keys) {
    choose(i);
    key.set(hash_key(i), i);
    values.set(i);
  }
  little.between_batches();
  ASSERT_EQ(little.state->memory_use().entries_cold, 3U);
  key.set(hash_key(keys[1]), keys[1]);
  values.clear();
  EXPECT_EQ(values.get(), nullptr) << "its end has not been written";
  // Its end is on its way.
  ASSERT_TRUE(little.state->work());
  while (little.state->work()) {
  }
  EXPECT_EQ(values.get(), nullptr);
  little.between_batches();
  EXPECT_EQ(values.get(), nullptr);
  EXPECT_EQ(values.size(), 2U);
}

TEST(StateMemory, WhatWasErasedAndCameAgainIsThere) {
  LittleMemory little(nullptr, 0);
  CurrentKey<std::uint64_t> key;
  ValueState<std::uint64_t, std::uint64_t> values(key);
  values.open(*little.state, "values");
  const std::uint64_t one = 1;
  const std::uint64_t two = 2;
  key.set(hash_key(two), two);
  values.set(2);
  key.set(hash_key(one), one);
  values.set(1);
  little.between_batches();
  values.clear();
  values.set(11);
  little.state->freeze(little.bed.next_checkpoint());
  // The row is in the cold store, and the checkpoint is not stored yet: the entry may leave memory.
  while (!little.state->take_frozen()) {
    if (!little.state->work()) little.bed.world.run_one();
    ASSERT_NE(values.get(), nullptr);
    ASSERT_EQ(*values.get(), 11U);
  }
}

TEST(StateMemory, AFailedReadIsAFailureAndNoAbsentKey) {
  std::shared_ptr<Failing> store;
  LittleMemory little([&](std::shared_ptr<ColdStore> below) { return store = std::make_shared<Failing>(below); }, 0);
  CurrentKey<std::uint64_t> key;
  ValueState<std::uint64_t, std::uint64_t> values(key);
  ListState<std::uint64_t, std::uint64_t> lists(key);
  MapState<std::uint64_t, std::uint64_t, std::uint64_t> maps(key);
  values.open(*little.state, "values");
  lists.open(*little.state, "lists");
  maps.open(*little.state, "maps");
  const std::uint64_t one = 1;
  key.set(hash_key(one), one);
  values.set(1);
  lists.add(1);
  maps.set(1, 1);
  little.between_batches();
  store->at = Failing::At::kReading;
  EXPECT_THAT(error_of([&] { values.get(); }), HasSubstr("an input/output error"));
  EXPECT_THAT(error_of([&] { lists.size(); }), HasSubstr("an input/output error"));
  EXPECT_THAT(error_of([&] { maps.size(); }), HasSubstr("an input/output error"));
  EXPECT_THAT(error_of([&] { maps.get(2); }), HasSubstr("an input/output error"));
  key.want();
  little.state->reads()->fetch();
  EXPECT_THAT(error_of([&] {
                while (!little.state->reads()->fetched()) little.bed.world.run_one();
              }),
              HasSubstr("an input/output error"));
}

TEST(StateMemory, KeepsWhatIsOnItsWayToTheColdStore) {
  std::shared_ptr<Failing> store;
  LittleMemory little([&](std::shared_ptr<ColdStore> below) { return store = std::make_shared<Failing>(below); }, 0);
  CurrentKey<std::uint64_t> key;
  ValueState<std::uint64_t, std::uint64_t> values(key);
  values.open(*little.state, "values");
  const std::uint64_t one = 1;
  key.set(hash_key(one), one);
  values.set(1);
  little.state->freeze(little.bed.next_checkpoint());
  store->at = Failing::At::kWriting;
  while (little.state->take_failure() == nullptr) {
    const bool busy = little.state->work();
    // The first round of an eviction only takes note of what was used.
    for (int round = 0; round < 4; ++round) little.state->work();
    ASSERT_NE(values.get(), nullptr);
    ASSERT_EQ(*values.get(), 1U);
    if (!busy) little.bed.world.run_one();
  }
}

TEST(StateMemory, RowsAreGivenBackBeforeTheirCheckpointIsStored) {
  std::shared_ptr<Failing> store;
  LittleMemory little([&](std::shared_ptr<ColdStore> below) { return store = std::make_shared<Failing>(below); });
  CurrentKey<std::uint64_t> key;
  ValueState<std::uint64_t, std::uint64_t> values(key);
  values.open(*little.state, "values");
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    key.set(hash_key(i), i);
    values.set(i);
  }
  const std::size_t tables = little.state->memory_use().bytes;
  bool exported = false;
  store->exporting = [&] {
    EXPECT_GT(little.state->memory_use().bytes, tables + 20'000);
    little.state->work();
    EXPECT_LT(little.state->memory_use().bytes, tables + 1'000);
    exported = true;
  };
  little.bed.checkpoint(*little.state);
  EXPECT_TRUE(exported);
}

TEST(StateMemory, AnEvictionThatCannotBeWrittenIsAFailureThatNamesTheOperator) {
  std::shared_ptr<Failing> store;
  LittleMemory little([&](std::shared_ptr<ColdStore> below) { return store = std::make_shared<Failing>(below); }, 0);
  CurrentKey<std::uint64_t> key;
  ValueState<std::uint64_t, std::uint64_t> values(key);
  values.open(*little.state, "values");
  const std::uint64_t one = 1;
  key.set(hash_key(one), one);
  values.set(1);
  store->at = Failing::At::kWriting;
  const std::string error = error_of([&] { little.between_batches(); });
  EXPECT_THAT(error, HasSubstr("operator 'counts'"));
  EXPECT_THAT(error, HasSubstr("no space left on device"));
}

TEST(StateMemory, ABarrierWaitsForAnEvictionAndNoOtherBegins) {
  LittleMemory little(nullptr, 0);
  CurrentKey<std::uint64_t> key;
  ValueState<std::uint64_t, std::uint64_t> values(key);
  values.open(*little.state, "values");
  const std::uint64_t one = 1;
  key.set(hash_key(one), one);
  values.set(1);
  while (!little.state->evicting(KeyedState::NextEviction::kMayBegin)) little.state->work();
  values.set(2);
  while (little.state->evicting(KeyedState::NextEviction::kWaits))
    if (!little.state->work()) little.bed.world.run_one();
  for (int i = 0; i < 10; ++i) little.state->work();
  ASSERT_TRUE(little.state->can_freeze());
  const StateHandle handle = little.bed.checkpoint(*little.state);
  EXPECT_EQ(handle.entries, 1U);
}

}  // namespace
}  // namespace weir::state
