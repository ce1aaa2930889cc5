#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/error.h"
#include "weir/core/key_groups.h"
#include "weir/state/sliced_state.h"
#include "weir/state/timers.h"
#include "weir/state/value_state.h"

#include "state_bed.h"

// The keyed state of all subtasks of an operator, checkpointed at one parallelism and brought back at another.

namespace weir::state {
namespace {

using Key = std::uint32_t;
using Random = std::mt19937_64;

SubtaskIndex subtask_of_key(Key key, std::uint32_t parallelism) {
  return subtask_of(key_group_of(hash_key(key), kDefaultKeyGroups), parallelism, kDefaultKeyGroups);
}

/// One subtask: a value, a timer and counts by slice for each key.
struct Subtask {
  Subtask(StateBed& bed, std::uint32_t index, std::uint32_t parallelism, const std::vector<StateHandle>& from)
      : state(bed.make(SubtaskIndex(index), parallelism)) {
    if (!from.empty()) state->expect(from, bed.fetch());
    values.open(*state, "values");
    timers.open(*state, "timers");
    counts.open(*state, "counts");
    bed.finish_restore(*state);
  }

  CurrentKey<Key> current;
  ValueState<Key, std::int64_t> values{current};
  Timers<Key> timers{current};
  SlicedState<Key, std::int64_t> counts;
  std::unique_ptr<KeyedState> state;  // ends before the sections that it knows
};

/// What all subtasks should hold.
struct Model {
  std::map<Key, std::int64_t> values;
  std::set<std::pair<std::int64_t, Key>> timers;
  std::map<std::pair<std::int64_t, Key>, std::int64_t> counts;

  friend bool operator==(const Model&, const Model&) = default;
};

class Subtasks {
 public:
  Subtasks(StateBed& bed, std::uint32_t parallelism, const std::vector<StateHandle>& from = {}) : bed_(bed) {
    for (std::uint32_t i = 0; i < parallelism; ++i)
      subtasks_.push_back(std::make_unique<Subtask>(bed, i, parallelism, from));
  }

  std::uint32_t parallelism() const { return static_cast<std::uint32_t>(subtasks_.size()); }
  Subtask& of(Key key) { return *subtasks_[subtask_of_key(key, parallelism()).value()]; }
  Subtask& at(std::uint32_t index) { return *subtasks_[index]; }

  std::vector<StateHandle> checkpoint() {
    std::vector<StateHandle> handles;
    for (auto& subtask : subtasks_) handles.push_back(bed_.checkpoint(*subtask->state));
    return handles;
  }

  /// Everything that is there, by whoever has it; timers are taken off.
  Model take_all() {
    Model all;
    for (auto& subtask : subtasks_) {
      for (Key key = 0; key < kKeys; ++key) {
        subtask->current.set(hash_key(key), key);
        const std::int64_t* value = subtask->values.get();
        if (value == nullptr) continue;
        EXPECT_TRUE(all.values.emplace(key, *value).second) << "key " << key << " is in two subtasks";
      }
      Key key = 0;
      Timestamp time;
      while (subtask->timers.take_due(kMaxTimestamp, key, time)) {
        EXPECT_EQ(&of(key), subtask.get()) << "a timer of another subtask's key";
        all.timers.emplace(to_ms(time), key);
      }
      while (subtask->state->work()) {
      }
      subtask->counts.slices().for_each_slice(kMinTimestamp, kMaxTimestamp, [&](Timestamp end, const auto& table) {
        table.for_each([&](Key found, const std::int64_t& value, std::uint64_t) {
          EXPECT_TRUE(all.counts.emplace(std::pair(to_ms(end), found), value).second);
        });
      });
    }
    return all;
  }

  static constexpr Key kKeys = 60;

 private:
  StateBed& bed_;
  std::vector<std::unique_ptr<Subtask>> subtasks_;
};

void change(Subtasks& subtasks, Model& model, Random& random) {
  const Key key = static_cast<Key>(random() % Subtasks::kKeys);
  Subtask& subtask = subtasks.of(key);
  subtask.current.set(hash_key(key), key);
  const auto time = static_cast<std::int64_t>(random() % 1000) + 1;
  switch (random() % 4) {
    case 0:
      subtask.values.set(time);
      model.values[key] = time;
      break;
    case 1:
      subtask.values.clear();
      model.values.erase(key);
      break;
    case 2:
      if (subtask.timers.set(timestamp_ms(time))) model.timers.emplace(time, key);
      break;
    default:
      if (timestamp_ms(time) <= subtask.counts.slices().horizon()) break;
      ++*subtask.counts.slices().at(timestamp_ms(time)).find_or_insert(hash_key(key), key).first;
      ++model.counts[{time, key}];
  }
}

/// Time passes in one of the subtasks, which forgets its slices up to it.
void expire_in_one(Subtasks& subtasks, Model& model, Random& random) {
  const auto index = static_cast<std::uint32_t>(random() % subtasks.parallelism());
  const auto until = static_cast<std::int64_t>(random() % 200);
  subtasks.at(index).counts.slices().expire_until(timestamp_ms(until));
  std::erase_if(model.counts, [&](const auto& row) {
    return row.first.first <= until && subtask_of_key(row.first.second, subtasks.parallelism()) == SubtaskIndex(index);
  });
}

RC_GTEST_PROP(RescaledState, IsAllThereOnceAtWhateverParallelism, (std::uint64_t seed)) {
  Random random(seed);
  StateBed bed;
  Model model;
  auto subtasks = std::make_unique<Subtasks>(bed, 1 + random() % 5);
  for (int life = 0; life < 5; ++life) {
    for (auto changes = random() % 150; changes > 0; --changes) change(*subtasks, model, random);
    if (random() % 2 == 0) expire_in_one(*subtasks, model, random);
    if (random() % 2 == 0) subtasks->checkpoint();
    for (auto changes = random() % 50; changes > 0; --changes) change(*subtasks, model, random);
    const std::vector<StateHandle> handles = subtasks->checkpoint();
    const auto parallelism = static_cast<std::uint32_t>(1 + random() % 5);
    ASSERT_EQ(Subtasks(bed, parallelism, handles).take_all(), model);
    subtasks = std::make_unique<Subtasks>(bed, parallelism, handles);
  }
}

TEST(RescaledState, IsRefusedIfTwoSubtasksHaveTheSameKeyGroups) {
  StateBed bed;
  std::vector<StateHandle> handles = Subtasks(bed, 2).checkpoint();
  handles.push_back(handles.front());
  EXPECT_THROW(Subtasks(bed, 1, handles), CorruptionError);
}

TEST(RescaledState, IsRefusedIfAFileDoesNotHoldWhatItCounts) {
  StateBed bed;
  Subtasks subtasks(bed, 2);
  Model model;
  Random random(1);
  for (int i = 0; i < 200; ++i) change(subtasks, model, random);
  std::vector<StateHandle> handles = subtasks.checkpoint();
  for (StateHandle& handle : handles) {
    ++handle.entries;
    EXPECT_THROW(Subtasks(bed, 1, handles), CorruptionError);
    --handle.entries;
  }
}

}  // namespace
}  // namespace weir::state
