#include "weir/stream/operators/split_watermarks.h"

#include <vector>

#include <gtest/gtest.h>

#include "weir/core/snapshot.h"
#include "weir/sim/world.h"

#include "driven_operator.h"

namespace weir::detail {
namespace {

using namespace std::chrono_literals;
using tests::Strings;

constexpr int kEighth = 8;  ///< batches until a watermark is told without waiting for idleness

class SplitWatermarksTest : public testing::Test {
 protected:
  SplitWatermarksTest() { out.add(std::make_unique<Output<int>>(4)); }

  /// Watermarks by `strategy`, for as many splits.
  SplitWatermarks& start(WatermarkStrategy strategy, std::uint32_t splits) {
    watermarks.emplace(strategy);
    OperatorContext context;
    context.host = &world;
    context.metrics = &metrics;
    watermarks->open(context);
    for (std::uint32_t split = 0; split < splits; ++split)
      watermarks->on_split(SplitIndex(split), SplitEvent::kBegin, out);
    return *watermarks;
  }

  /// A batch of records with these timestamps goes through.
  void records(std::size_t split, const std::vector<std::int64_t>& times) {
    std::vector<Timestamp> timestamps;
    for (const std::int64_t time : times) timestamps.push_back(timestamp_ms(time));
    watermarks->before_records(split, out);
    const Timestamp largest = watermarks->largest(timestamps);
    watermarks->after_records(split, largest, out);
  }

  /// The same subtask after a failure: its splits from `first` on are those that were saved, in order.
  void restart(WatermarkStrategy strategy, const SavedValues& subtask, const std::vector<SavedValues>& saved_splits) {
    watermarks.emplace(strategy);
    OperatorContext context;
    context.host = &world;
    context.metrics = &metrics;
    watermarks->open(context);
    watermarks->restore(subtask);
    for (std::uint32_t split = 0; split < saved_splits.size(); ++split) {
      watermarks->on_split(SplitIndex(split), SplitEvent::kBegin, out);
      watermarks->restore_split(split, saved_splits[split]);
    }
  }

  SavedValues saved() const {
    SavedValues values;
    watermarks->save(values);
    return values;
  }
  SavedValues saved(std::size_t split) const {
    SavedValues values;
    watermarks->save_split(split, values);
    return values;
  }

  void idle() { watermarks->on_idle(out); }
  void finish(std::uint32_t split) { watermarks->on_split(SplitIndex(split), SplitEvent::kFinished, out); }

  Strings told() {
    Strings signs;
    while (out.at(0).full()) {
      signs.push_back(tests::text_of(out.at(0).front()));
      out.at(0).pop();
    }
    return signs;
  }

  sim::World world{1};
  OperatorMetrics metrics;
  Outputs out;
  std::optional<SplitWatermarks> watermarks;
};

TEST_F(SplitWatermarksTest, StayBehindTheLargestTimestampByTheBound) {
  start(bounded_out_of_orderness(Duration{5}), 1);
  records(0, {10, 30, 20});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 24"});
  records(0, {29});
  idle();
  EXPECT_EQ(told(), Strings{}) << "a smaller timestamp moves nothing";
}

TEST_F(SplitWatermarksTest, FindTheLargestTimestampWhereverItStands) {
  start(monotone_timestamps(), 1);
  for (std::size_t size = 1; size <= 9; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::vector<Timestamp> timestamps(size, timestamp_ms(-50));
      timestamps[at] = timestamp_ms(-40);
      EXPECT_EQ(watermarks->largest(timestamps), timestamp_ms(-40)) << at << " of " << size;
    }
  }
}

TEST_F(SplitWatermarksTest, AreTheLeastOverTheSplits) {
  start(monotone_timestamps(), 2);
  records(0, {100});
  idle();
  EXPECT_EQ(told(), Strings{}) << "the other split has promised nothing";
  records(1, {50});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 49"});
  records(1, {200});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 99"});
}

TEST_F(SplitWatermarksTest, ComeWithEveryEighthBatchOrWhenInputRunsOut) {
  start(monotone_timestamps(), 1);
  for (int batch = 1; batch < kEighth; ++batch) records(0, {batch * 10});
  EXPECT_EQ(told(), Strings{});
  records(0, {80});
  EXPECT_EQ(told(), Strings{"watermark 79"});
  records(0, {90});
  EXPECT_EQ(told(), Strings{});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 89"});
  idle();
  EXPECT_EQ(told(), Strings{});
}

TEST_F(SplitWatermarksTest, DoNotWaitForASplitThatIsKnownToBeIdle) {
  start(monotone_timestamps(), 2);
  records(0, {100});
  watermarks->on_split(SplitIndex(1), SplitEvent::kIdle, out);
  EXPECT_EQ(told(), Strings{"watermark 99"});
  records(1, {50});
  records(0, {200});
  idle();
  EXPECT_EQ(told(), Strings{}) << "it holds the watermark again";
  records(1, {150});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 149"});
}

TEST_F(SplitWatermarksTest, WaitAgainForASplitWhoseRecordsAreNoLaterThanBefore) {
  start(monotone_timestamps(), 2);
  records(0, {100});
  records(1, {50});
  watermarks->on_split(SplitIndex(1), SplitEvent::kIdle, out);
  EXPECT_EQ(told(), Strings{"watermark 99"});
  records(1, {50});
  records(0, {200});
  idle();
  EXPECT_EQ(told(), Strings{}) << "split 1 has promised no more than 49";
}

TEST_F(SplitWatermarksTest, TellOfIdlenessWhenEverySplitIsIdleAndOfItsEnd) {
  start(monotone_timestamps(), 2);
  watermarks->on_split(SplitIndex(0), SplitEvent::kIdle, out);
  EXPECT_EQ(told(), Strings{});
  watermarks->on_split(SplitIndex(1), SplitEvent::kIdle, out);
  EXPECT_EQ(told(), Strings{"idle"});
  watermarks->before_records(0, out);
  EXPECT_EQ(told(), Strings{"active"}) << "before the records";
}

TEST_F(SplitWatermarksTest, HoldASplitForIdleAfterTheTimeout) {
  start(monotone_timestamps().idle_after(Duration{1000}), 2);
  records(0, {100});
  EXPECT_LE(watermarks->next_deadline().monotonic, world.now() + 1000ms);
  world.pass(900ms);
  records(0, {200});
  watermarks->on_time(out);
  EXPECT_EQ(told(), Strings{}) << "nobody is silent for a second yet";
  world.pass(200ms);
  watermarks->on_time(out);
  EXPECT_EQ(told(), Strings{"watermark 199"}) << "split 1 has been silent since its beginning";
  EXPECT_GT(watermarks->next_deadline().monotonic, world.now()) << "of split 0";
  world.pass(2000ms);
  watermarks->on_time(out);
  EXPECT_EQ(told(), Strings{"idle"});
  EXPECT_EQ(watermarks->next_deadline().monotonic, MonotonicTime::max());
}

TEST_F(SplitWatermarksTest, WaitForeverWithoutATimeout) {
  start(monotone_timestamps(), 1);
  EXPECT_EQ(watermarks->next_deadline().monotonic, MonotonicTime::max());
}

TEST_F(SplitWatermarksTest, DoNotWaitForAFinishedSplit) {
  start(monotone_timestamps(), 2);
  records(0, {100});
  finish(1);
  EXPECT_EQ(told(), Strings{"watermark 99"});
}

TEST_F(SplitWatermarksTest, OfFinishedSplitsAreNotTheLastBecauseMoreMayCome) {
  start(monotone_timestamps(), 1);
  records(0, {100});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 99"});
  finish(0);
  EXPECT_EQ(told(), Strings{"idle"});
  watermarks->on_split(SplitIndex(1), SplitEvent::kBegin, out);
  EXPECT_EQ(told(), Strings{"active"});
  records(1, {200});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 199"});
}

TEST_F(SplitWatermarksTest, AreTheLastWhenTheSourceSaysSo) {
  start(monotone_timestamps(), 1);
  records(0, {100});
  watermarks->on_watermark(tests::watermark_at(500), out);
  EXPECT_EQ(told(), Strings{}) << "watermarks from above end here";
  watermarks->on_watermark(Watermark::end(), out);
  EXPECT_EQ(told(), Strings{"the last watermark"});
  idle();
  EXPECT_EQ(told(), Strings{});
}

TEST_F(SplitWatermarksTest, EndIdlenessBeforeTheLast) {
  start(monotone_timestamps(), 1);
  watermarks->on_split(SplitIndex(0), SplitEvent::kIdle, out);
  watermarks->on_watermark(Watermark::end(), out);
  EXPECT_EQ(told(), (Strings{"idle", "active", "the last watermark"}));
}

TEST_F(SplitWatermarksTest, AreNotMovedByARecordFarInTheFuture) {
  world.freeze_wall();
  world.set_wall(timestamp_ms(1'000));
  start(monotone_timestamps().far_future_limit(Duration{500}), 1);
  records(0, {900, 1'501, 1'000'000, 1'500, 3});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 1499"});
  EXPECT_EQ(metrics.far_future, 2U);
  records(0, {2'000'000});
  idle();
  EXPECT_EQ(told(), Strings{});
  EXPECT_EQ(metrics.far_future, 3U);
}

TEST_F(SplitWatermarksTest, KnowTheOneSplitOfAnExchange) {
  start(monotone_timestamps(), 0);
  Batch<int> batch(1);
  EXPECT_EQ(watermarks->split_of(batch), 0U);
  records(0, {10});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 9"});
}

TEST_F(SplitWatermarksTest, OfAGeneratorGoOutAtTheirPlace) {
  start(monotone_timestamps(), 2);
  watermarks->advance(0, tests::watermark_at(10), out);
  EXPECT_EQ(told(), Strings{});
  watermarks->advance(1, tests::watermark_at(7), out);
  EXPECT_EQ(told(), Strings{"watermark 7"});
}

TEST_F(SplitWatermarksTest, GoOnFromWhatEverySplitHadPromised) {
  start(monotone_timestamps(), 2);
  records(0, {100});
  records(1, {50});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 49"});
  restart(monotone_timestamps(), saved(), {saved(0), saved(1)});
  idle();
  EXPECT_EQ(told(), Strings{}) << "49 was promised before";
  records(1, {40, 200});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 99"}) << "split 0 had promised as much";
}

TEST_F(SplitWatermarksTest, HoldNothingBackAcrossABarrier) {
  start(monotone_timestamps(), 1);
  records(0, {100});
  EXPECT_EQ(told(), Strings{});
  watermarks->on_barrier(out);
  EXPECT_EQ(told(), Strings{"watermark 99"});
}

TEST_F(SplitWatermarksTest, WaitForAllRestoredSplitsToBegin) {
  start(monotone_timestamps(), 2);
  records(0, {100});
  records(1, {50});
  idle();
  told();
  const SavedValues subtask = saved();
  const std::vector<SavedValues> splits{saved(0), saved(1)};
  restart(monotone_timestamps(), subtask, {splits[0]});
  idle();
  watermarks->on_split(SplitIndex(1), SplitEvent::kBegin, out);
  EXPECT_EQ(told(), Strings{}) << "99 of the first alone would be too much";
  watermarks->restore_split(1, splits[1]);
  records(1, {60});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 59"});
}

TEST_F(SplitWatermarksTest, DoNotWaitForARestoredSplitThatHasFinished) {
  start(monotone_timestamps(), 2);
  records(0, {100});
  records(1, {50});
  idle();
  told();
  restart(monotone_timestamps(), saved(), {saved(0), saved(1)});
  finish(1);
  EXPECT_EQ(told(), Strings{"watermark 99"});
}

TEST_F(SplitWatermarksTest, NeverGoBackBehindWhatWasToldWhileASplitWasIdle) {
  start(monotone_timestamps(), 2);
  records(0, {100});
  records(1, {50});
  watermarks->on_split(SplitIndex(1), SplitEvent::kIdle, out);
  EXPECT_EQ(told(), Strings{"watermark 99"});
  restart(monotone_timestamps(), saved(), {saved(0), saved(1)});
  records(1, {60});
  idle();
  EXPECT_EQ(told(), Strings{}) << "59 would be behind 99";
  records(1, {150});
  records(0, {140});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 139"});
}

TEST_F(SplitWatermarksTest, WaitAfterARestoreForASplitThatWasIdle) {
  start(monotone_timestamps(), 2);
  records(0, {100});
  records(1, {50});
  watermarks->on_split(SplitIndex(1), SplitEvent::kIdle, out);
  told();
  restart(monotone_timestamps(), saved(), {saved(0), saved(1)});
  records(0, {500});
  idle();
  EXPECT_EQ(told(), Strings{}) << "it may have much to catch up on";
}

TEST_F(SplitWatermarksTest, WaitForASplitThatIsNewAfterARestore) {
  start(monotone_timestamps(), 1);
  records(0, {100});
  idle();
  told();
  restart(monotone_timestamps(), saved(), {saved(0), SavedValues{}});
  records(0, {300});
  idle();
  EXPECT_EQ(told(), Strings{});
  records(1, {200});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 199"});
}

TEST_F(SplitWatermarksTest, OfTheOneSplitOfAnExchangeAreSavedWithTheSubtask) {
  start(monotone_timestamps(), 0);
  Batch<int> batch(1);
  watermarks->split_of(batch);
  records(0, {100});
  restart(monotone_timestamps(), saved(), {});
  EXPECT_EQ(watermarks->split_of(batch), 0U);
  records(0, {7});
  idle();
  EXPECT_EQ(told(), Strings{"watermark 99"});
}

TEST_F(SplitWatermarksTest, StayTheLastAfterARestore) {
  start(monotone_timestamps(), 1);
  watermarks->on_watermark(Watermark::end(), out);
  told();
  restart(monotone_timestamps(), saved(), {saved(0)});
  records(0, {100});
  idle();
  EXPECT_EQ(told(), Strings{});
}

}  // namespace
}  // namespace weir::detail
