#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/core/snapshot.h"
#include "weir/state/list_state.h"
#include "weir/state/map_state.h"
#include "weir/state/sliced_state.h"
#include "weir/state/timers.h"
#include "weir/state/value_state.h"

#include "little_memory.h"
#include "state_bed.h"

// State that comes back while the job runs.

namespace weir::state {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::uint64_t kKeys = 300;

Timestamp at(std::uint64_t ms) { return timestamp_ms(static_cast<std::int64_t>(ms)); }

/// A state of each kind, with something for each key.
struct EveryKind {
  explicit EveryKind(std::unique_ptr<KeyedState> with) : state(std::move(with)) {}

  void open() {
    values.open(*state, "values");
    maps.open(*state, "maps");
    lists.open(*state, "lists");
    timers.open(*state, "timers");
    slices.open(*state, "slices");
  }
  /// In a world that has `bed`, brought back from there.
  void restore(StateBed& bed, const StateHandle& handle) {
    state->expect({handle}, bed.fetch());
    open();
    bed.finish_restore(*state);
  }

  void choose(std::uint64_t key) {
    chosen = key;
    current.set(hash_key(chosen), chosen);
  }
  void fill(std::uint64_t keys = kKeys) {
    for (std::uint64_t key = 0; key < keys; ++key) {
      choose(key);
      values.set(10 * key);
      for (std::uint64_t i = 0; i < 3; ++i) {
        maps.set(i, key + i);
        lists.add(key + i);
      }
      timers.set(at(1'000 + key));
      for (const std::uint64_t end : {100U, 200U, 300U}) slice(end, key) = key + end;
    }
  }
  std::uint64_t& slice(std::uint64_t end, std::uint64_t key) {
    return *slices.slices().at(at(end)).find_or_insert(hash_key(key), key).first;
  }
  void expect_all_of(std::uint64_t key) {
    choose(key);
    ASSERT_NE(values.get(), nullptr) << key;
    ASSERT_EQ(*values.get(), 10 * key);
    ASSERT_EQ(maps.size(), 3U);
    ASSERT_EQ(lists.size(), 3U);
    for (std::uint64_t i = 0; i < 3; ++i) {
      ASSERT_NE(maps.get(i), nullptr) << key;
      ASSERT_EQ(*maps.get(i), key + i);
      ASSERT_EQ(lists[i], key + i);
    }
    for (const std::uint64_t end : {100U, 200U, 300U}) ASSERT_EQ(slice(end, key), key + end);
  }

  std::uint64_t cold() const { return state->memory_use().entries_cold; }
  std::uint64_t cold(const std::string& name) const {
    for (const KeyedState::StateUse& use : state->memory_use().states)
      if (use.name == name) return use.entries_cold;
    return kKeys * 1'000;
  }
  /// Lets the task go on until it has nothing more to do by itself.
  int work() {
    int slices_worked = 1;
    while (state->work()) ++slices_worked;
    return slices_worked;
  }

  std::uint64_t chosen = 0;
  CurrentKey<std::uint64_t> current;
  ValueState<std::uint64_t, std::uint64_t> values{current};
  MapState<std::uint64_t, std::uint64_t, std::uint64_t> maps{current};
  ListState<std::uint64_t, std::uint64_t> lists{current};
  Timers<std::uint64_t> timers{current};
  SlicedState<std::uint64_t, std::uint64_t> slices;
  std::unique_ptr<KeyedState> state;  // ends before the sections that it knows
};

/// A checkpoint of every kind, and what goes on from it.
struct ColdRestore : testing::Test {
  StateHandle checkpoint_of(std::uint64_t keys = kKeys) {
    EveryKind before(bed.make(1'024));
    before.open();
    before.fill(keys);
    return bed.checkpoint(*before.state);
  }
  std::unique_ptr<EveryKind> restored(const StateHandle& handle, std::size_t slice_rows = 16,
                                      const StateBed::Wrap& wrap = nullptr,
                                      std::optional<std::size_t> memory = std::nullopt) {
    auto again = std::make_unique<EveryKind>(bed.make(slice_rows, wrap, kAll, memory));
    again->restore(bed, handle);
    return again;
  }

  StateBed bed;
};

TEST_F(ColdRestore, BeginsWithNothingInMemoryButLists) {
  const auto again = restored(checkpoint_of());
  EXPECT_EQ(again->cold("values"), kKeys);
  EXPECT_EQ(again->cold("maps"), 3 * kKeys);
  EXPECT_EQ(again->cold("timers"), kKeys);
  EXPECT_EQ(again->cold("slices"), 3 * kKeys);
  EXPECT_EQ(again->cold("lists"), 0U);
  EXPECT_NE(again->state->reads(), nullptr);
  for (std::uint64_t key = 0; key < kKeys; ++key) again->expect_all_of(key);
  EXPECT_EQ(again->timers.first(), at(1'000));
  again->choose(kKeys);
  EXPECT_EQ(again->values.get(), nullptr);
  EXPECT_TRUE(again->maps.empty());
}

TEST_F(ColdRestore, BringsAllOfItBackBetweenBatches) {
  const auto again = restored(checkpoint_of(), /*slice_rows=*/16);
  const std::uint64_t cold = again->cold();
  ASSERT_TRUE(again->state->work());
  EXPECT_EQ(again->cold(), cold - 64) << "a slice is as long as it may be";
  EXPECT_GE(again->work(), static_cast<int>(cold / 64) - 1) << "without records";
  EXPECT_EQ(again->cold(), 0U);
  EXPECT_EQ(again->state->reads(), nullptr) << "nobody asks any more";
  EXPECT_FALSE(again->current.any_cold());
  for (std::uint64_t key = 0; key < kKeys; ++key) again->expect_all_of(key);
  EXPECT_TRUE(bed.world.crash_points_hit().contains("restore: loading"));
}

TEST_F(ColdRestore, PassesOverWhatHasEndedNoFasterThanItBringsBack) {
  const auto again = restored(checkpoint_of(), /*slice_rows=*/16);
  const std::uint64_t rows = again->cold();
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    again->choose(key);
    again->values.clear();
  }
  EXPECT_GE(again->work(), static_cast<int>(rows / 64));
  EXPECT_EQ(again->cold(), 0U);
}

TEST_F(ColdRestore, ReadsNothingOnceAllIsBack) {
  std::shared_ptr<Failing> store;
  const auto again = restored(checkpoint_of(), 1'024, [&](std::shared_ptr<ColdStore> below) {
    return store = std::make_shared<Failing>(std::move(below));
  });
  again->work();
  store->at = Failing::At::kReading;
  for (std::uint64_t key = 0; key < kKeys; ++key) again->expect_all_of(key);
  again->choose(kKeys + 1);
  EXPECT_EQ(again->values.get(), nullptr);
  EXPECT_EQ(again->maps.size(), 0U);
  again->maps.clear();
  EXPECT_TRUE(again->timers.set(at(1'001)));
  EXPECT_FALSE(again->timers.cancel(at(1'002)));
  again->slice(400, 1) = 1;
  EXPECT_EQ(again->slice(100, kKeys + 1), 0U);
  std::uint64_t key = 0;
  Timestamp time;
  for (std::uint64_t fired = 0; fired < kKeys + 1; ++fired) ASSERT_TRUE(again->timers.take_due(at(9'000), key, time));
  EXPECT_FALSE(again->timers.take_due(at(9'000), key, time));
}

TEST_F(ColdRestore, WhatEndsBeforeItIsBackDoesNotComeBack) {
  const StateHandle handle = checkpoint_of();
  for (const bool written : {false, true}) {
    const auto again = restored(handle);
    for (std::uint64_t key = 0; key < kKeys; key += 2) {
      again->choose(key);
      again->values.clear();
      again->maps.erase(1);
      if (key % 4 == 0) again->maps.clear();
      again->timers.cancel(at(1'000 + key));
      again->slices.slices().at(at(200)).erase(hash_key(key), key);
    }
    StateHandle next;
    if (written) next = bed.checkpoint(*again->state);
    again->work();
    ASSERT_EQ(again->cold(), 0U);
    if (!written) next = bed.checkpoint(*again->state);
    EXPECT_EQ(again->values.size(), kKeys / 2);
    const auto later = restored(next);
    later->work();
    for (EveryKind* of : {again.get(), later.get()}) {
      for (std::uint64_t key = 0; key < kKeys; ++key) {
        of->choose(key);
        ASSERT_EQ(of->values.get() != nullptr, key % 2 == 1) << key;
        ASSERT_EQ(of->maps.size(), key % 2 == 1 ? 3U : key % 4 == 0 ? 0U : 2U) << key;
        const std::uint64_t& slice_key = key;
        ASSERT_EQ(std::as_const(of->slices.slices().at(at(200))).find(hash_key(key), slice_key) != nullptr,
                  key % 2 == 1);
      }
      EXPECT_EQ(of->timers.size(), kKeys / 2);
    }
  }
}

TEST_F(ColdRestore, WhatChangesBeforeItIsBackStaysChanged) {
  const auto again = restored(checkpoint_of());
  for (std::uint64_t key = 0; key < kKeys; key += 2) {
    again->choose(key);
    again->values.update() += 1;
    again->maps.set(1, 7);
    again->slice(200, key) += 1;
  }
  again->state->work();
  const auto later = restored(bed.checkpoint(*again->state));
  again->work();
  for (EveryKind* of : {again.get(), later.get()}) {
    ASSERT_EQ(of->values.size(), kKeys);
    for (std::uint64_t key = 0; key < kKeys; ++key) {
      of->choose(key);
      const std::uint64_t more = key % 2 == 0 ? 1 : 0;
      ASSERT_EQ(*of->values.get(), 10 * key + more);
      ASSERT_EQ(*of->maps.get(1), more == 1 ? 7 : key + 1);
      ASSERT_EQ(of->slice(200, key), key + 200 + more);
    }
  }
}

TEST_F(ColdRestore, TakesCheckpointsMeanwhileThatHoldAll) {
  auto again = restored(checkpoint_of());
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 5 * round; ++i) again->state->work();
    again->state->freeze(bed.next_checkpoint());
    again->choose(3);
    again->values.set(30);
    const StateHandle handle = bed.finish(*again->state);
    EXPECT_EQ(handle.entries, 11 * kKeys);
    again = restored(handle);
    ASSERT_GT(again->cold(), 0U);
  }
  for (std::uint64_t key = 0; key < kKeys; ++key) again->expect_all_of(key);
}

TEST_F(ColdRestore, LeavesOutSlicesThatExpireMeanwhile) {
  const auto again = restored(checkpoint_of());
  again->state->work();
  again->slices.slices().expire_until(at(100));
  again->state->work();
  again->slice(200, 1) += 1;
  const StateHandle next = bed.checkpoint(*again->state);
  EXPECT_EQ(next.entries, 10 * kKeys);
  again->work();
  EXPECT_EQ(again->cold(), 0U);
  EXPECT_EQ(again->slices.slices().first(), at(200));
  EXPECT_EQ(again->slices.slices().entries(), 2 * kKeys);
  const auto later = restored(next);
  later->slices.slices().expire_until(at(300));
  later->work();
  EXPECT_EQ(later->cold(), 0U);
  EXPECT_TRUE(later->slices.slices().empty());
}

TEST_F(ColdRestore, BringsNothingBackIntoSlicesThatSomebodyGoesThrough) {
  const auto again = restored(checkpoint_of());
  again->state->work();
  const std::uint64_t cold = again->cold();
  again->slices.slices().begin_walk();
  EXPECT_FALSE(again->state->work());
  EXPECT_EQ(again->cold(), cold);
  again->slices.slices().end_walk();
  EXPECT_TRUE(again->state->work());
  EXPECT_LT(again->cold(), cold);
}

TEST_F(ColdRestore, FiresTimersInTheirOrderWhileTheyAreCold) {
  const auto again = restored(checkpoint_of());
  again->choose(kKeys);
  EXPECT_TRUE(again->timers.set(at(1'010)));
  again->choose(17);
  EXPECT_FALSE(again->timers.set(at(1'017))) << "it is set already";
  const Timestamp now = at(1'000 + kKeys / 2);
  std::vector<Timestamp> fired;
  std::uint64_t key = 0;
  for (Timestamp time; again->timers.take_due(now, key, time);) {
    fired.push_back(time);
    if (fired.size() % 16 == 0) again->state->work();
  }
  EXPECT_EQ(fired.size(), kKeys / 2 + 2);
  EXPECT_TRUE(std::is_sorted(fired.begin(), fired.end()));
  again->work();
  EXPECT_EQ(again->cold(), 0U);
  EXPECT_EQ(again->timers.first(), at(1'001 + kKeys / 2)) << "what has fired does not come back";
  EXPECT_EQ(again->timers.size(), kKeys / 2 - 1);
}

TEST_F(ColdRestore, ReadsWhatABatchNeedsAhead) {
  const auto again = restored(checkpoint_of());
  ColdReads& reads = *again->state->reads();
  ASSERT_TRUE(again->current.any_cold());
  for (std::uint64_t key = 0; key < 2 * kKeys; ++key) {
    again->choose(key);
    again->current.want();
  }
  ASSERT_FALSE(reads.fetch());
  again->work();
  while (!reads.fetched()) bed.world.run_one();
  const std::uint64_t at_once = reads.counts().rows_at_once;
  for (std::uint64_t key = 0; key < 2 * kKeys; ++key) {
    again->choose(key);
    ASSERT_EQ(again->values.get() != nullptr, key < kKeys);
  }
  EXPECT_EQ(reads.counts().rows_at_once, at_once);
}

TEST_F(ColdRestore, DoesNotBelieveWhatItReadAheadOfAnEnd) {
  const auto again = restored(checkpoint_of(), /*slice_rows=*/1);
  ColdReads& reads = *again->state->reads();
  for (const bool reading : {false, true}) {
    const std::uint64_t key = reading ? 250 : 200;
    again->choose(key);
    again->current.want();
    ASSERT_FALSE(reads.fetch());
    while (bed.world.run_one()) {
    }
    if (!reading) {
      ASSERT_TRUE(reads.fetched());
    }
    again->values.clear();
    again->state->freeze(bed.next_checkpoint());
    while (!again->state->take_frozen()) {
      again->state->work();
      bed.world.run_one();
    }
    while (!reads.fetched()) bed.world.run_one();
    ASSERT_GT(again->cold("values"), 0U);
    EXPECT_EQ(again->values.get(), nullptr) << "its end is written, and it was read before that";
  }
}

TEST_F(ColdRestore, RefusesFilesThatHoldOtherThanTheCheckpointCounts) {
  const StateHandle handle = checkpoint_of();
  const auto end_with = [&](const std::function<void(StateHandle&)>& change) {
    StateHandle changed = handle;
    change(changed);
    return error_of([&] { restored(changed)->work(); });
  };
  EXPECT_EQ(end_with([](StateHandle&) {}), "no error");
  const auto more = [](std::size_t state) {
    return [state](StateHandle& changed) {
      ++changed.entries;
      ++changed.counts[state].entries;
      if (!changed.counts[state].slices.empty()) ++changed.counts[state].slices.back().entries;
    };
  };
  EXPECT_THAT(end_with(more(0)),
              AllOf(HasSubstr("'counts'"), HasSubstr("'values'"), HasSubstr("301"), HasSubstr("300")));
  EXPECT_THAT(end_with(more(4)), AllOf(HasSubstr("'slices'"), HasSubstr("901"), HasSubstr("900")));
  EXPECT_THAT(end_with(more(2)), AllOf(HasSubstr("'counts'"), HasSubstr("901"), HasSubstr("900"))) << "lists";
  const auto fewer = [](std::size_t state) {
    return [state](StateHandle& changed) {
      --changed.entries;
      --changed.counts[state].entries;
      if (!changed.counts[state].slices.empty()) --changed.counts[state].slices.back().entries;
    };
  };
  EXPECT_THAT(end_with(fewer(1)), HasSubstr("does not count"));
  EXPECT_THAT(end_with(fewer(3)), HasSubstr("does not count"));
  EXPECT_THAT(end_with(fewer(4)), HasSubstr("does not count"));
  EXPECT_THAT(end_with([](StateHandle& changed) {
                changed.entries -= changed.counts[4].slices.back().entries;
                changed.counts[4].entries -= changed.counts[4].slices.back().entries;
                changed.counts[4].slices.pop_back();
              }),
              HasSubstr("counts none"));
}

TEST_F(ColdRestore, ReadsAllRowsFirstWhereTheyAreNotCounted) {
  StateHandle handle = checkpoint_of();
  handle.counts.clear();
  const auto again = restored(handle);
  EXPECT_EQ(again->cold(), 0U);
  EXPECT_EQ(again->state->reads(), nullptr);
  EXPECT_FALSE(again->state->work());
  for (std::uint64_t key = 0; key < kKeys; ++key) again->expect_all_of(key);
}

TEST_F(ColdRestore, ReadsAllRowsFirstAtAnotherParallelism) {
  EveryKind half(bed.make(SubtaskIndex(0), 2));
  half.restore(bed, checkpoint_of());
  EXPECT_EQ(half.cold(), 0U);
  EXPECT_EQ(half.state->reads(), nullptr);
  for (std::uint64_t key = 0; key < kKeys; ++key)
    if (half.state->range().contains(key_group_of(hash_key(key), kDefaultKeyGroups))) half.expect_all_of(key);
}

TEST_F(ColdRestore, ReadsTimersFirstIfOneIsForNoTime) {
  EveryKind before(bed.make(1'024));
  before.open();
  before.fill();
  before.choose(5);
  before.timers.set(Timestamp::max());
  const auto again = restored(bed.checkpoint(*before.state));
  EXPECT_EQ(again->cold("timers"), 0U);
  EXPECT_EQ(again->cold("values"), kKeys);
  again->work();
  EXPECT_EQ(again->timers.size(), kKeys + 1);
  EXPECT_EQ(again->cold(), 0U);
}

TEST_F(ColdRestore, AFailedReadIsAFailure) {
  std::shared_ptr<Failing> store;
  const auto again = restored(checkpoint_of(), 16, [&](std::shared_ptr<ColdStore> below) {
    return store = std::make_shared<Failing>(std::move(below));
  });
  again->state->work();
  store->at = Failing::At::kReading;
  EXPECT_THAT(error_of([&] { again->state->work(); }), HasSubstr("an input/output error"));
}

TEST_F(ColdRestore, BringsBackWhatAShareOfMemoryHolds) {
  constexpr std::uint64_t kMany = 20'000;
  const StateHandle handle = checkpoint_of(kMany);
  const auto again = restored(handle, 1'024, nullptr, 22'000'000);
  EXPECT_EQ(again->cold("values"), kMany);
  again->work();
  EXPECT_LE(again->state->memory_use().bytes, 22'000'000U);
  EXPECT_GT(again->cold(), kMany / 10);
  EXPECT_LT(again->cold(), 8 * kMany);
  EXPECT_EQ(again->state->memory_use().evictions, 0U);
  EXPECT_NE(again->state->reads(), nullptr) << "it may forget again what it has";
  for (std::uint64_t key = 0; key < kMany; key += 7) {
    again->expect_all_of(key);
    again->state->work();
  }
  EXPECT_EQ(bed.checkpoint(*again->state).entries, 11 * kMany);
}

TEST_F(ColdRestore, BringsNothingBackThatHasToLeaveAgain) {
  const StateHandle handle = checkpoint_of();
  for (const std::size_t share : {0U, 1'000U, 40'000U, 400'000U}) {
    const auto again = restored(handle, 3, nullptr, share);
    for (std::uint64_t key = 0; key < kKeys; key += 3) {
      again->expect_all_of(key);
      for (int i = 0; i < 5; ++i)
        if (!again->state->work()) bed.world.run_one();
    }
    while (again->state->evicting(KeyedState::NextEviction::kWaits))
      if (!again->state->work()) bed.world.run_one();
    EXPECT_EQ(bed.checkpoint(*again->state).entries, 11 * kKeys) << share;
  }
}

}  // namespace
}  // namespace weir::state
