#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/key_groups.h"
#include "weir/stream/operators/pre_aggregate.h"
#include "weir/stream/operators/process_operator.h"
#include "weir/stream/operators/split_watermarks.h"
#include "weir/stream/operators/window_operator.h"

#include "../state/state_bed.h"
#include "driven_operator.h"
#include "sales.h"

// What operators keep beside their keyed state, at another parallelism.

namespace weir::detail {
namespace {

using state::StateBed;
using testing::ElementsAre;
using tests::sales;
using tests::SalesSum;
using tests::Strings;

constexpr int kKeys = 12;

std::uint32_t subtask_of_key(int key, std::uint32_t parallelism) {
  return subtask_of(key_group_of(hash_key(key), kDefaultKeyGroups), parallelism, kDefaultKeyGroups).value();
}

/// What a barrier leaves of all subtasks.
struct Checkpoint {
  std::vector<StateHandle> states;
  std::vector<SavedValues> values;
};

/// All subtasks of a window operator.
class Windows {
 public:
  Windows(StateBed& bed, const SalesSum& spec, std::uint32_t parallelism, const std::optional<Checkpoint>& from = {})
      : bed_(bed) {
    for (std::uint32_t i = 0; i < parallelism; ++i) {
      auto state = bed.make(SubtaskIndex(i), parallelism);
      if (from) state->expect(from->states, bed.fetch());
      auto driven =
          std::make_unique<tests::DrivenOperator>(std::make_unique<WindowOperator<SalesSum>>(spec), &bed.world, false,
                                                  state.get(), SubtaskIndex(i), parallelism);
      driven->add_port<std::string>(4, [](const std::string& result, Timestamp) { return result; });
      driven->add_port<tests::Sale>(4, [](const tests::Sale& sale, Timestamp timestamp) {
        return fmt::format("late {} at {}", sale.key, to_ms(timestamp));
      });
      states_.push_back(std::move(state));
      driven_.push_back(std::move(driven));
      if (!from) continue;
      bed.finish_restore(*states_.back());
      EXPECT_TRUE(driven_.back()->op().restore_rescaled(from->values));
    }
  }
  ~Windows() {
    states_.clear();  // before the sections that they know
  }

  std::uint32_t parallelism() const { return static_cast<std::uint32_t>(driven_.size()); }
  tests::DrivenOperator& of(int key) { return *driven_[subtask_of_key(key, parallelism())]; }
  tests::DrivenOperator& at(std::uint32_t subtask) { return *driven_[subtask]; }

  void feed(std::int64_t time, int key) { of(key).feed(sales({{time, key, 1}})); }

  Checkpoint checkpoint() {
    Checkpoint checkpoint;
    const CheckpointId id = bed_.next_checkpoint();
    for (std::uint32_t i = 0; i < parallelism(); ++i) {
      driven_[i]->barrier(id.value());
      states_[i]->freeze(id);
      checkpoint.values.push_back(driven_[i]->saved());
      checkpoint.states.push_back(bed_.finish(*states_[i]));
    }
    return checkpoint;
  }

  /// Every result, of all subtasks.
  Strings results() {
    Strings all;
    for (auto& driven : driven_)
      for (std::string& line : driven->take())
        if (line.find('[') != std::string::npos) all.push_back(std::move(line));
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  StateBed& bed_;
  std::vector<std::unique_ptr<tests::DrivenOperator>> driven_;
  std::vector<std::unique_ptr<state::KeyedState>> states_;
};

void append(Strings& all, Strings more) { all.insert(all.end(), more.begin(), more.end()); }

/// Each window over each key that was counted, with its count.
Strings windows_over(const std::map<std::pair<int, std::int64_t>, int>& counted) {
  Strings all;
  for (const auto& [window, count] : counted)
    all.push_back(fmt::format("{} [{}, {}): {}", window.first, window.second, window.second + 20, count));
  std::sort(all.begin(), all.end());
  return all;
}

RC_GTEST_PROP(RescaledWindows, OfProcessingTimeFireEachOnceWhateverTheClocksOfTheirSubtasks, (std::uint64_t seed)) {
  std::mt19937_64 random(seed);
  StateBed bed;
  bed.world.freeze_wall();
  std::int64_t now = 1'000;
  bed.world.set_wall(timestamp_ms(now));
  const SalesSum spec = tests::sum_of_sales(SlidingProcessingTime{Duration{20}, Duration{5}});
  auto windows = std::make_unique<Windows>(bed, spec, 1 + random() % 4);
  std::map<std::pair<int, std::int64_t>, int> counted;
  Strings results;
  for (int life = 0; life < 4; ++life) {
    for (auto steps = random() % 30; steps > 0; --steps) {
      now += static_cast<std::int64_t>(random() % 7);
      bed.world.set_wall(timestamp_ms(now));
      if (random() % 4 == 0) {
        windows->at(static_cast<std::uint32_t>(random() % windows->parallelism())).time();
        continue;
      }
      const int key = static_cast<int>(random() % kKeys);
      windows->feed(0, key);
      for (std::int64_t end = now - now % 5 + 5; end <= now + 20; end += 5) ++counted[{key, end - 20}];
    }
    const Checkpoint checkpoint = windows->checkpoint();
    append(results, windows->results());
    windows = std::make_unique<Windows>(bed, spec, 1 + random() % 4, checkpoint);
  }
  now += 1'000;
  bed.world.set_wall(timestamp_ms(now));
  for (std::uint32_t i = 0; i < windows->parallelism(); ++i) windows->at(i).time();
  append(results, windows->results());
  std::sort(results.begin(), results.end());
  ASSERT_EQ(results, windows_over(counted));
}

TEST(RescaledWindows, KnowWhatIsLateAndFireNoWindowAgain) {
  StateBed bed;
  const SalesSum spec = tests::sum_of_sales(SlidingEventTime{Duration{20}, Duration{10}});
  Windows before(bed, spec, 3);
  for (int key = 0; key < kKeys; ++key) before.feed(5, key);
  for (std::uint32_t i = 0; i < 3; ++i) before.at(i).watermark(9);
  Windows after(bed, spec, 2, before.checkpoint());
  ASSERT_EQ(before.results().size(), std::size_t{kKeys}) << "those that end at 10";
  for (int key = 0; key < kKeys; ++key) after.feed(3, key);
  for (std::uint32_t i = 0; i < 2; ++i) after.at(i).watermark(30);
  const Strings results = after.results();
  ASSERT_EQ(results.size(), std::size_t{kKeys});
  for (const std::string& result : results) EXPECT_THAT(result, testing::HasSubstr("[0, 20): 2"));
  after.feed(3, 1);
  EXPECT_THAT(after.of(1).take(), ElementsAre("late 1 at 3"));
}

TEST(RescaledWindows, FireAtOnceWhatWasDueInOneSubtaskAndNotInAnother) {
  StateBed bed;
  const SalesSum spec = tests::sum_of_sales(SlidingEventTime{Duration{20}, Duration{10}});
  Windows before(bed, spec, 2);
  for (int key = 0; key < kKeys; ++key) before.feed(5, key);
  before.at(0).watermark(9);  // its inputs were idle for a moment when time had come so far
  Strings results = before.results();
  const std::size_t fired = results.size();
  ASSERT_GT(fired, 0U);
  ASSERT_LT(fired, std::size_t{kKeys});
  Windows after(bed, spec, 1, before.checkpoint());
  EXPECT_EQ(after.at(0).op().next_deadline().wall, Timestamp::min());
  after.at(0).time();
  const Strings rest = after.results();
  EXPECT_EQ(rest.size(), kKeys - fired) << "the others' window that ends at 10";
  for (const std::string& result : rest) {
    EXPECT_THAT(result, testing::HasSubstr("[-10, 10)"));
    EXPECT_THAT(results, testing::Not(testing::Contains(result)));
  }
  EXPECT_EQ(after.at(0).op().next_deadline().wall, Timestamp::max());
  after.at(0).watermark(19);
  EXPECT_EQ(after.results().size(), std::size_t{kKeys});
}

TEST(RescaledWindows, AreAllAtTheSameTimeBeforeTheNextBarrier) {
  StateBed bed;
  const SalesSum spec = tests::sum_of_sales(TumblingEventTime{Duration{10}});
  Windows before(bed, spec, 2);
  for (int key = 0; key < kKeys; ++key) before.feed(5, key);
  before.at(1).watermark(9);
  const std::size_t fired = before.results().size();
  Windows after(bed, spec, 3, before.checkpoint());
  const Checkpoint checkpoint = after.checkpoint();
  EXPECT_EQ(after.results().size(), kKeys - fired);
  for (const SavedValues& values : checkpoint.values) EXPECT_EQ(values.get<Timestamp>("clock"), timestamp_ms(9));
}

SavedValues pre_aggregate(Watermark watermark, bool was_idle = false) {
  SavedValues values;
  save_pre_aggregate({watermark, was_idle}, values);
  return values;
}

TEST(RescaledPreAggregate, KnowsTheLatestThatAnyKnewThatHadNotReadAll) {
  const auto at = [](std::int64_t ms) { return pre_aggregate(tests::watermark_at(ms)); };
  const SavedValues ended = pre_aggregate(Watermark::end());
  EXPECT_EQ(restore_pre_aggregate(std::vector{at(10), at(30), at(20)}).watermark, tests::watermark_at(30));
  EXPECT_EQ(restore_pre_aggregate(std::vector{at(10), ended}).watermark, tests::watermark_at(10));
  EXPECT_EQ(restore_pre_aggregate(std::vector{ended, ended}).watermark, Watermark::end());
  EXPECT_FALSE(restore_pre_aggregate(std::vector{at(10), ended}).was_idle);
  EXPECT_TRUE(restore_pre_aggregate(std::vector{at(10), pre_aggregate(tests::watermark_at(5), true)}).was_idle);
}

TEST(RescaledProcessTime, IsTheLatest) {
  std::vector<SavedValues> before(2);
  save_process_time({tests::watermark_at(10), timestamp_ms(500)}, before[0]);
  save_process_time({tests::watermark_at(20), timestamp_ms(400)}, before[1]);
  const ProcessTime time = restore_process_time(before);
  EXPECT_EQ(time.watermark, tests::watermark_at(20));
  EXPECT_EQ(time.clock, timestamp_ms(500));
}

SavedValues told(Watermark watermark) {
  SavedValues values;
  values.put("told", watermark.time());
  return values;
}

SavedValues rescaled_watermarks(const std::vector<SavedValues>& before) {
  SplitWatermarks watermarks(monotone_timestamps());
  watermarks.restore_rescaled(before);
  SavedValues values;
  watermarks.save(values);
  return values;
}

TEST(RescaledWatermarks, GoOnAtTheLeastThatWasPromisedByThoseThatHadNotReadAll) {
  const auto at = [](std::int64_t ms) { return told(tests::watermark_at(ms)); };
  const auto none = told(Watermark::none());
  const auto ended = told(Watermark::end());
  EXPECT_EQ(rescaled_watermarks({at(10), at(5), ended}), at(5));
  EXPECT_EQ(rescaled_watermarks({at(10), none}), none);
  EXPECT_EQ(rescaled_watermarks({at(10), SavedValues{}}), none);
  EXPECT_EQ(rescaled_watermarks({ended, ended}), none);
}

}  // namespace
}  // namespace weir::detail
