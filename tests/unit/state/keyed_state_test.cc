#include "weir/state/keyed_state.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/core/schema_of.h"
#include "weir/state/drain_buffer.h"
#include "weir/state/value_state.h"

#include "state_bed.h"

namespace weir::state {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Numbers by number, under a name of their own.
struct Numbers {
  explicit Numbers(KeyedState& state, std::string name = "numbers") { values.open(state, std::move(name)); }

  void set(std::uint64_t key, std::int64_t value) {
    current.set(hash_key(key), key);
    values.set(value);
  }
  void clear(std::uint64_t key) {
    current.set(hash_key(key), key);
    values.clear();
  }
  std::optional<std::int64_t> get(std::uint64_t key) {
    current.set(hash_key(key), key);
    const std::int64_t* value = values.get();
    return value != nullptr ? std::optional(*value) : std::nullopt;
  }

  CurrentKey<std::uint64_t> current;
  ValueState<std::uint64_t, std::int64_t> values{current};
};

/// What a checkpoint holds, brought back.
struct Restored {
  Restored(StateBed& bed, const StateHandle& handle) : state(bed.make()) {
    state->expect({handle}, bed.fetch());
    numbers.emplace(*state);
    bed.finish_restore(*state);
  }

  std::unique_ptr<KeyedState> state;
  std::optional<Numbers> numbers;
};

std::string error_of(const auto& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(KeyedState, GivesTheStateAsItWasAtTheFreezeWhateverHappensMeanwhile) {
  StateBed bed;
  auto state = bed.make();
  Numbers numbers(*state);
  for (std::uint64_t key = 0; key < 200; ++key) numbers.set(key, 1);
  state->freeze(bed.next_checkpoint());
  EXPECT_FALSE(state->can_freeze());
  for (std::uint64_t key = 0; key < 100; ++key) numbers.set(key, 2);
  for (std::uint64_t key = 100; key < 150; ++key) numbers.clear(key);
  numbers.set(1'000, 2);
  const StateHandle handle = bed.finish(*state);
  EXPECT_TRUE(state->can_freeze());
  EXPECT_EQ(handle.entries, 200U);
  Restored restored(bed, handle);
  EXPECT_EQ(restored.numbers->values.size(), 200U);
  for (std::uint64_t key = 0; key < 200; ++key) ASSERT_EQ(restored.numbers->get(key), 1) << key;

  Restored next(bed, bed.checkpoint(*state));
  EXPECT_EQ(next.numbers->values.size(), 151U);
  EXPECT_EQ(next.numbers->get(50), 2);
  EXPECT_EQ(next.numbers->get(120), std::nullopt);
  EXPECT_EQ(next.numbers->get(1'000), 2);
}

TEST(KeyedState, GoesOnFromACheckpointOfWhatWasRestored) {
  StateBed bed;
  auto state = bed.make();
  Numbers numbers(*state);
  for (std::uint64_t key = 0; key < 50; ++key) numbers.set(key, 1);
  Restored restored(bed, bed.checkpoint(*state));
  restored.numbers->set(1, 2);
  restored.numbers->clear(2);
  Restored again(bed, bed.checkpoint(*restored.state));
  EXPECT_EQ(again.numbers->values.size(), 49U);
  EXPECT_EQ(again.numbers->get(1), 2);
  EXPECT_EQ(again.numbers->get(2), std::nullopt);
  EXPECT_EQ(again.numbers->get(3), 1);
}

TEST(KeyedState, HasAPlaceToDieAtAfterEachStepOfADrainAndARestore) {
  StateBed bed;
  auto state = bed.make();
  Numbers numbers(*state);
  for (std::uint64_t key = 0; key < 100; ++key) numbers.set(key, 1);
  Restored restored(bed, bed.checkpoint(*state));
  for (const char* name : {"checkpoint: frozen", "checkpoint: drain begun", "checkpoint: mid-drain",
                           "checkpoint: exported", "restore: handles imported", "restore: timers indexed"})
    EXPECT_TRUE(bed.world.crash_points_hit().contains(name)) << name;
}

TEST(KeyedState, EncodesNoMoreThanItsSliceAtATime) {
  StateBed bed;
  auto state = bed.make(/*slice_rows=*/32);
  Numbers numbers(*state);
  for (std::uint64_t key = 0; key < 10'000; ++key) numbers.set(key, 1);
  state->freeze(bed.next_checkpoint());
  int slices = 1;
  while (state->work()) ++slices;
  EXPECT_GE(slices, 10'000 / 48);
  EXPECT_EQ(bed.finish(*state).entries, 10'000U);
}

TEST(KeyedState, GivesStatesTheirIdsAgainAndNewOnesOthers) {
  StateBed bed;
  auto state = bed.make();
  Numbers a(*state, "a");
  Numbers b(*state, "b");
  a.set(1, 10);
  b.set(1, 20);
  const StateHandle handle = bed.checkpoint(*state);
  auto again = bed.make();
  again->expect({handle}, bed.fetch());
  Numbers fresh(*again, "a new one");
  Numbers b_again(*again, "b");
  Numbers a_again(*again, "a");
  bed.finish_restore(*again);
  EXPECT_EQ(a_again.get(1), 10);
  EXPECT_EQ(b_again.get(1), 20);
  EXPECT_EQ(fresh.get(1), std::nullopt);
}

TEST(KeyedState, NamesOperatorStateAndBothSchemasWhenOneChanged) {
  StateBed bed;
  auto state = bed.make();
  Numbers numbers(*state);
  const StateHandle handle = bed.checkpoint(*state);
  CurrentKey<std::uint64_t> key;
  ValueState<std::uint64_t, std::string> texts(key);
  auto again = bed.make();
  again->expect({handle}, bed.fetch());
  EXPECT_THAT(error_of([&] { texts.open(*again, "numbers"); }),
              AllOf(HasSubstr("'counts'"), HasSubstr("'numbers'"), HasSubstr("int64"), HasSubstr("string")));
  CurrentKey<std::string> text_key;
  ValueState<std::string, std::int64_t> by_text(text_key);
  auto third = bed.make();
  third->expect({handle}, bed.fetch());
  EXPECT_THAT(error_of([&] { by_text.open(*third, "numbers"); }),
              AllOf(HasSubstr("keys"), HasSubstr("uint64"), HasSubstr("string")));
}

TEST(KeyedState, RefusesACheckpointWithAStateThatTheOperatorLost) {
  StateBed bed;
  auto state = bed.make();
  Numbers numbers(*state, "old");
  const StateHandle handle = bed.checkpoint(*state);
  auto again = bed.make();
  again->expect({handle}, bed.fetch());
  Numbers others(*again, "new");
  EXPECT_THAT(error_of([&] { again->start_restore(); }), AllOf(HasSubstr("'counts'"), HasSubstr("'old'")));
}

TEST(KeyedState, RefusesFilesThatHoldOtherThanTheCheckpointCounts) {
  StateBed bed;
  auto state = bed.make();
  Numbers numbers(*state);
  for (std::uint64_t key = 0; key < 10; ++key) numbers.set(key, 1);
  StateHandle handle = bed.checkpoint(*state);
  handle.entries = 11;
  EXPECT_THAT(error_of([&] { Restored(bed, handle); }), AllOf(HasSubstr("'counts'"), HasSubstr("11"), HasSubstr("10")));
}

TEST(KeyedState, LosesAHandleButNoStateWhenFilesCannotBeStored) {
  StateBed bed;
  auto state = bed.make();
  Numbers numbers(*state);
  for (std::uint64_t key = 0; key < 20; ++key) numbers.set(key, 1);
  bed.refuse_to_store = true;
  state->freeze(bed.next_checkpoint());
  EXPECT_THAT(error_of([&] { bed.finish(*state); }), HasSubstr("the disk is full"));
  EXPECT_EQ(state->take_frozen(), std::nullopt);
  bed.refuse_to_store = false;
  numbers.set(3, 2);
  ASSERT_TRUE(state->can_freeze());
  Restored restored(bed, bed.checkpoint(*state));
  EXPECT_EQ(restored.numbers->values.size(), 20U);
  EXPECT_EQ(restored.numbers->get(3), 2);
  EXPECT_EQ(restored.numbers->get(4), 1);
}

/// Fails the first call of ingest().
class FailingOnce final : public ColdStore {
 public:
  explicit FailingOnce(std::shared_ptr<ColdStore> store) : store_(std::move(store)) {}

  void ingest(const std::vector<RowChange>& changes) override {
    if (++calls_ == 1) throw ExternalError("the local disk is full");
    store_->ingest(changes);
  }
  void scan(std::string_view from, std::string_view to,
            const std::function<void(std::string_view, std::string_view)>& f) override {
    store_->scan(from, to, f);
  }
  void scan_some(std::string_view from, std::string_view to,
                 const std::function<bool(std::string_view, std::string_view)>& f) override {
    store_->scan_some(from, to, f);
  }
  std::optional<std::string> last_key(std::string_view from, std::string_view to) override {
    return store_->last_key(from, to);
  }
  std::vector<std::optional<std::string>> multi_get(const std::vector<std::string_view>& keys) override {
    return store_->multi_get(keys);
  }
  ColdExport export_to(const std::string& directory) override { return store_->export_to(directory); }
  void import(std::string_view metadata, const std::vector<ColdFile>& files) override {
    store_->import(metadata, files);
  }
  void set_horizons(const std::vector<Horizon>& horizons) override { store_->set_horizons(horizons); }

 private:
  std::shared_ptr<ColdStore> store_;
  int calls_ = 0;
};

void expect_rows_to_be_written_again(std::optional<std::size_t> memory) {
  StateBed bed;
  auto state = bed.make(
      1, [](std::shared_ptr<ColdStore> store) { return std::make_shared<FailingOnce>(std::move(store)); },
      {0, kDefaultKeyGroups}, memory);
  Numbers numbers(*state);
  for (std::uint64_t key = 0; key < 20; ++key) numbers.set(key, 1);
  state->freeze(bed.next_checkpoint());
  std::exception_ptr failure;
  while ((failure = state->take_failure()) == nullptr) {
    if (!state->work()) bed.world.run_one();
  }
  EXPECT_THAT(error_of([&] { std::rethrow_exception(failure); }), HasSubstr("the local disk is full"));
  numbers.set(5, 2);
  EXPECT_FALSE(state->can_freeze());
  while (!state->can_freeze()) {
    if (!state->work()) bed.world.run_one();
  }
  Restored restored(bed, bed.checkpoint(*state));
  EXPECT_EQ(restored.numbers->values.size(), 20U);
  EXPECT_EQ(restored.numbers->get(5), 2);
  EXPECT_EQ(restored.numbers->get(6), 1);
}

TEST(KeyedState, WritesRowsAgainBeforeTheNextFreezeWhenTheyCouldNotBeWritten) {
  expect_rows_to_be_written_again(std::nullopt);
}

TEST(KeyedState, WritesRowsAgainThatWereSortedToSpareMemory) { expect_rows_to_be_written_again(2'000'000); }

TEST(KeyedState, RemovesItsExports) {
  StateBed bed;
  auto state = bed.make();
  Numbers numbers(*state);
  numbers.set(1, 1);
  bed.checkpoint(*state);
  for (const DirectoryEntry& entry : bed.world.disk().list("/local"))
    EXPECT_THAT(entry.name, testing::Not(HasSubstr("export")));
}

TEST(KeyedState, BringsBackEveryRowHoweverManyThereAre) {
  for (const std::uint64_t keys : {1U, 2U, 31U, 32U, 33U, 64U, 1'000U}) {
    StateBed bed;
    auto state = bed.make();
    Numbers numbers(*state);
    for (std::uint64_t key = 0; key < keys; ++key) numbers.set(key, static_cast<std::int64_t>(7 * key));
    StateHandle handle = bed.checkpoint(*state);
    for (const bool first : {false, true}) {
      if (first) handle.counts.clear();
      Restored restored(bed, handle);
      EXPECT_EQ(restored.state->memory_use().entries_cold, first ? 0U : keys);
      while (restored.state->work()) {
      }
      EXPECT_EQ(restored.state->memory_use().entries, keys);
      EXPECT_EQ(restored.numbers->values.size(), keys);
      for (std::uint64_t key = 0; key < keys; ++key)
        ASSERT_EQ(restored.numbers->get(key), static_cast<std::int64_t>(7 * key)) << keys;
    }
  }
}

/// Counts the rows that are loaded.
class Witness final : public StateSection {
 public:
  void attach(const SectionContext&) override {}
  void freeze() override {}
  bool encode() override { return true; }
  void load(const RowPrefix&, std::string_view, std::string_view) override { ++loaded; }
  Timestamp horizon() const override { return Timestamp::min(); }
  void set_horizon(Timestamp) override {}
  std::size_t entries() const override { return 0; }

  int loaded = 0;
};

TEST(KeyedState, TouchesNoSectionAfterItsEnd) {
  StateBed bed;
  auto state = bed.make();
  Numbers numbers(*state);
  numbers.set(1, 1);
  const StateHandle handle = bed.checkpoint(*state);
  for (const bool dies : {false, true}) {
    Witness witness;
    auto again = bed.make();
    again->expect({handle}, bed.fetch());
    again->add(declare_value<std::uint64_t, std::int64_t>("numbers"), witness);
    again->start_restore();
    EXPECT_FALSE(again->restored());
    if (dies) again.reset();
    while (bed.world.run_one()) {
    }
    EXPECT_EQ(witness.loaded, dies ? 0 : 1);
  }
}

TEST(KeyedState, IsWorkedOnInMemoryAloneWithoutAColdStore) {
  StateBed bed;
  KeyedState::Options options;
  options.operator_name = "counts";
  options.range = {0, kDefaultKeyGroups};
  options.host = &bed.world;
  KeyedState state(std::move(options));
  Numbers numbers(state);
  numbers.set(1, 1);
  state.start_restore();
  EXPECT_TRUE(state.restored());
  state.freeze(CheckpointId(1));
  EXPECT_FALSE(state.work());
  EXPECT_EQ(state.take_frozen(), std::nullopt);
  numbers.clear(1);
  EXPECT_EQ(numbers.get(1), std::nullopt);
}

std::vector<std::string> rows_of(const DrainedRows& rows) {
  std::vector<std::string> listed;
  for (const RowChange& row : rows.sorted()) {
    listed.push_back(std::string(row.key()) + (row.is_put() ? "=" + std::string(row.value()) : "!"));
  }
  return listed;
}

TEST(DrainBuffer, SortsRowsAndLetsAPutOfAKeyWin) {
  sim::World world(1);
  DrainBuffer buffer(world, 10);
  buffer.erase("b");
  buffer.erase("d");
  buffer.freeze();
  for (const char* key : {"c", "b", "a"}) buffer.put(key, "1");
  EXPECT_EQ(rows_of(buffer.take()), (std::vector<std::string>{"a=1", "b=1", "c=1", "d!"}));
}

TEST(DrainBuffer, GivesBackWhereRowsLieWhileItSortsThem) {
  sim::World world(1);
  DrainBuffer buffer(world, 10);
  constexpr int kRows = 50'000;
  for (int round = 0; round < 2; ++round) {
    buffer.freeze();
    for (int i = kRows; i > 0; --i) buffer.put(std::to_string(100'000 + i), "1");
    DrainedRows rows = buffer.take();
    const std::size_t before = rows.memory_bytes() + rows.sorted_bytes();
    const std::vector<RowChange> expected = rows.sorted();
    const std::vector<RowChange> taken = rows.take_sorted();
    ASSERT_EQ(taken.size(), expected.size());
    for (std::size_t i = 0; i < taken.size(); ++i) ASSERT_EQ(taken[i].key(), expected[i].key());
    EXPECT_EQ(rows.memory_bytes() + rows.sorted_bytes(), rows.sparing_bytes());
    EXPECT_GE(before - rows.sparing_bytes(), kRows * 16U);
    buffer.recycle(std::move(rows));
  }
}

TEST(DrainBuffer, KeepsWhatIsErasedForTheNextFreeze) {
  sim::World world(1);
  DrainBuffer buffer(world, 10);
  buffer.freeze();
  buffer.put("a", "1");
  buffer.erase("a");
  EXPECT_EQ(rows_of(buffer.take()), std::vector<std::string>{"a=1"});
  buffer.freeze();
  EXPECT_EQ(rows_of(buffer.take()), std::vector<std::string>{"a!"});
}

TEST(DrainBuffer, TakesRowsOfAnySize) {
  sim::World world(1);
  DrainBuffer buffer(world, 10);
  const std::string large(3 << 20, 'x');
  for (int round = 0; round < 2; ++round) {
    buffer.freeze();
    buffer.put("b", large);
    for (int i = 0; i < 5'000; ++i) buffer.put("c" + std::to_string(i), std::string(1'000, 'y'));
    buffer.put("a", "");
    DrainedRows rows = buffer.take();
    const std::vector<RowChange> sorted = rows.sorted();
    ASSERT_EQ(sorted.size(), 5'002U);
    EXPECT_EQ(sorted[0].value(), "");
    EXPECT_EQ(sorted[1].value(), large);
    EXPECT_EQ(sorted[5'001].value(), std::string(1'000, 'y'));
    buffer.recycle(std::move(rows));
  }
}

}  // namespace
}  // namespace weir::state
