#include "weir/stream/operators/window_operator.h"

#include <vector>

#include <gtest/gtest.h>

#include "weir/sim/world.h"

#include "driven_operator.h"
#include "sales.h"

namespace weir::detail {
namespace {

using tests::SaleAt;
using tests::sales;
using tests::SalesSum;
using tests::Strings;

/// The operator with sums shown as "7 [0, 10): 3" and late records as "late 7 at 5".
class Windows : public tests::DrivenOperator {
 public:
  explicit Windows(SalesSum spec, std::size_t batch_size = 64, Host* host = nullptr, bool drain = false)
      : DrivenOperator(std::make_unique<WindowOperator<SalesSum>>(std::move(spec)), host, drain) {
    add_port<std::string>(batch_size, [](const std::string& result, Timestamp timestamp) {
      EXPECT_NE(result.find(fmt::format("{}): ", to_ms(timestamp) + 1)), std::string::npos)
          << result << " has timestamp " << to_ms(timestamp);
      return result;
    });
    add_port<tests::Sale>(batch_size, [](const tests::Sale& sale, Timestamp timestamp) {
      return fmt::format("late {} at {}", sale.key, to_ms(timestamp));
    });
  }
};

const WindowLayout kTumbling = TumblingEventTime{Duration{10}};
const WindowLayout kSliding = SlidingEventTime{Duration{10}, Duration{5}};

Strings sorted(Strings all) {
  std::sort(all.begin(), all.end());
  return all;
}

BatchPtr partials(const std::vector<SaleAt>& all) {
  auto batch = std::make_unique<Batch<SalesSum::PartialRecord>>(all.size());
  for (const SaleAt& sale : all)
    batch->push(SalesSum::PartialRecord{sale.key, timestamp_ms(sale.time), sale.amount}, timestamp_ms(sale.time - 1),
                hash_key(sale.key));
  return batch;
}

TEST(WindowOperator, PutsARecordAtTheEndOfAWindowIntoTheNext) {
  Windows windows(tests::sum_of_sales(kTumbling));
  windows.feed(sales({{0, 1}, {9, 1, 10}, {10, 1, 100}, {-1, 1, 1000}}));
  windows.watermark(Watermark::end());
  EXPECT_EQ(windows.take(), (Strings{"1 [-10, 0): 1000", "1 [0, 10): 11", "1 [10, 20): 100", "the last watermark"}));
}

TEST(WindowOperator, FiresAWindowWhenTheWatermarkReachesItsLargestTimestampAndOnce) {
  Windows windows(tests::sum_of_sales(kTumbling));
  windows.feed(sales({{5, 1}}));
  windows.watermark(8);
  EXPECT_EQ(windows.take(), Strings{"watermark 8"});
  windows.watermark(9);
  EXPECT_EQ(windows.take(), (Strings{"1 [0, 10): 1", "watermark 9"}));
  windows.watermark(30);
  EXPECT_EQ(windows.take(), Strings{"watermark 30"});
}

TEST(WindowOperator, CountsARecordInEveryWindowOverIt) {
  Windows windows(tests::sum_of_sales(kSliding));
  windows.feed(sales({{7, 1}, {-3, 1, 10}}));
  windows.watermark(100);
  EXPECT_EQ(windows.take(),
            (Strings{"1 [-10, 0): 10", "1 [-5, 5): 10", "1 [0, 10): 1", "1 [5, 15): 1", "watermark 100"}));
}

TEST(WindowOperator, CombinesTheSlicesOfAWindow) {
  Windows windows(tests::sum_of_sales(SlidingEventTime{Duration{10}, Duration{4}}));
  windows.feed(sales({{-1, 1, 1000}, {0, 1}, {3, 1, 10}, {9, 1, 100}, {9, 2, 5}}));
  windows.watermark(9);
  EXPECT_EQ(sorted(windows.take()),
            (Strings{"1 [-4, 6): 1011", "1 [-8, 2): 1001", "1 [0, 10): 111", "2 [0, 10): 5", "watermark 9"}));
}

TEST(WindowOperator, GoesOnFiringWhereItsOutputWasFull) {
  for (const std::size_t batch_size : {1, 2, 7, 64}) {
    for (const WindowLayout& layout : {kTumbling, kSliding}) {
      Windows windows(tests::sum_of_sales(layout), batch_size);
      std::vector<SaleAt> all;
      for (int key = 0; key < 50; ++key) all.push_back({0, key, 1});
      for (int key = 0; key < 50; ++key) all.push_back({7, key, 2});
      windows.feed(sales(all));
      windows.watermark(9);
      Strings expected{"watermark 9"};
      for (int key = 0; key < 50; ++key) {
        expected.push_back(fmt::format("{} [0, 10): 3", key));
        if (layout.slide() != layout.size()) expected.push_back(fmt::format("{} [-5, 5): 1", key));
      }
      const Strings out = windows.take();
      EXPECT_EQ(out.back(), "watermark 9");
      EXPECT_EQ(sorted(out), sorted(expected)) << "batches of " << batch_size;
      if (batch_size == 1) {
        EXPECT_GT(windows.stops(), 40);
      }
    }
  }
}

TEST(WindowOperator, FiresWindowsInTheOrderOfTheirEnds) {
  Windows windows(tests::sum_of_sales(kTumbling), 1);
  windows.feed(sales({{25, 1}, {5, 2}, {15, 3}, {-5, 4}}));
  windows.watermark(100);
  EXPECT_EQ(windows.take(),
            (Strings{"4 [-10, 0): 1", "2 [0, 10): 1", "3 [10, 20): 1", "1 [20, 30): 1", "watermark 100"}));
}

TEST(WindowOperator, SendsLateRecordsToTheSideAndCountsThem) {
  Windows windows(tests::sum_of_sales(kTumbling));
  windows.watermark(9);
  windows.take();
  windows.feed(sales({{9, 1}, {10, 1}, {-100, 2}}));
  EXPECT_EQ(windows.take(), (Strings{"late 1 at 9", "late 2 at -100"}));
  EXPECT_EQ(windows.metrics().late, 2U);
  windows.watermark(19);
  EXPECT_EQ(windows.take(), (Strings{"1 [10, 20): 1", "watermark 19"}));
}

TEST(WindowOperator, LosesNoRecordWhenTheSideOutputIsFull) {
  Windows windows(tests::sum_of_sales(kTumbling), 1);
  windows.watermark(9);
  windows.take();
  windows.feed(sales({{1, 1}, {2, 2}, {11, 3}, {3, 3}, {4, 4}}));
  EXPECT_EQ(windows.take(), (Strings{"late 1 at 1", "late 2 at 2", "late 3 at 3", "late 4 at 4"}));
  windows.watermark(19);
  EXPECT_EQ(windows.take(), (Strings{"3 [10, 20): 1", "watermark 19"}));
}

TEST(WindowOperator, FiresAWindowAgainForARecordWithinTheAllowedLateness) {
  Windows windows(tests::sum_of_sales(kTumbling, Duration{5}));
  windows.feed(sales({{5, 1}, {5, 2}}));
  windows.watermark(9);
  windows.take();
  windows.feed(sales({{6, 1, 10}, {7, 1, 100}, {5, 3, 1000}}));
  EXPECT_EQ(windows.take(), (Strings{"1 [0, 10): 11", "1 [0, 10): 111", "3 [0, 10): 1000"}));
  windows.watermark(13);
  windows.take();
  windows.feed(sales({{6, 1, 10}}));
  EXPECT_EQ(windows.take(), Strings{"1 [0, 10): 121"});
  windows.watermark(14);
  windows.take();
  windows.feed(sales({{6, 1, 10}}));
  EXPECT_EQ(windows.take(), Strings{"late 1 at 6"});
  EXPECT_EQ(windows.metrics().late, 1U);
}

TEST(WindowOperator, FiresAgainOnlyWindowsThatHaveFiredAndAreNotGone) {
  Windows windows(tests::sum_of_sales(SlidingEventTime{Duration{15}, Duration{5}}, Duration{3}));
  windows.feed(sales({{2, 1}, {7, 1, 10}}));
  windows.watermark(9);
  EXPECT_EQ(windows.take(), (Strings{"1 [-10, 5): 1", "1 [-5, 10): 11", "watermark 9"}));
  // [-10, 5) is gone since 7; [-5, 10) has fired and lives; [0, 15) is to come.
  windows.feed(sales({{3, 1, 100}}));
  EXPECT_EQ(windows.take(), Strings{"1 [-5, 10): 111"});
  windows.watermark(14);
  EXPECT_EQ(windows.take(), (Strings{"1 [0, 15): 111", "watermark 14"}));
}

TEST(WindowOperator, AddsPartialResultsToWhatItHas) {
  Windows windows(tests::sum_of_sales(kSliding));
  windows.feed(sales({{2, 1}}));
  windows.feed(partials({{5, 1, 10}, {5, 2, 20}, {10, 1, 100}, {5, 1, 1000}}), InputIndex(1));
  windows.watermark(9);
  EXPECT_EQ(sorted(windows.take()),
            (Strings{"1 [-5, 5): 1011", "1 [0, 10): 1111", "2 [-5, 5): 20", "2 [0, 10): 20", "watermark 9"}));
}

TEST(WindowOperator, DropsARecordInAGapAndCallsItLateOnceItsTimeIsOver) {
  Windows windows(tests::sum_of_sales(SlidingEventTime{Duration{4}, Duration{10}}));
  windows.feed(sales({{3, 1}, {4, 1}}));
  EXPECT_EQ(windows.take(), Strings{});
  windows.watermark(7);
  EXPECT_EQ(windows.take(), (Strings{"1 [0, 4): 1", "watermark 7"}));
  windows.feed(sales({{7, 1}, {8, 1}}));
  EXPECT_EQ(windows.take(), Strings{"late 1 at 7"});
}

TEST(WindowOperator, ForgetsAWindowThatIsGone) {
  Windows windows(tests::sum_of_sales(kTumbling));
  windows.feed(sales({{5, 1}}));
  windows.watermark(9);
  windows.feed(sales({{15, 1, 7}}));
  windows.take();
  windows.watermark(Watermark::end());
  EXPECT_EQ(windows.take(), (Strings{"1 [10, 20): 7", "the last watermark"}));
}

TEST(WindowOperator, MakesNoLateRecordEarlyAfterARestore) {
  Windows before(tests::sum_of_sales(kTumbling));
  before.watermark(9);
  before.barrier(1);
  EXPECT_EQ(before.take(), (Strings{"watermark 9", "barrier 1"}));
  Windows after(tests::sum_of_sales(kTumbling));
  after.op().restore(before.saved());
  after.feed(sales({{9, 1}, {10, 2}}));
  EXPECT_EQ(after.take(), Strings{"late 1 at 9"});
  after.watermark(5);
  after.feed(sales({{9, 1}}));
  EXPECT_EQ(after.take(), (Strings{"watermark 5", "late 1 at 9"})) << "a lower watermark does not move it back";
}

TEST(WindowOperator, FiresAgainAtOnceAfterARestoreWhatHadFiredBefore) {
  Windows before(tests::sum_of_sales(kTumbling, Duration{5}));
  before.watermark(9);
  Windows after(tests::sum_of_sales(kTumbling, Duration{5}));
  after.op().restore(before.saved());
  after.feed(sales({{9, 1}, {10, 2}, {-1, 3}}));
  EXPECT_EQ(after.take(), (Strings{"late 3 at -1", "1 [0, 10): 1"}));
}

class ProcessingTime : public testing::Test {
 protected:
  ProcessingTime() {
    world.freeze_wall();
    world.set_wall(timestamp_ms(1'000));
  }

  Windows windows(std::size_t batch_size = 64, bool drain = false) {
    return Windows(tests::sum_of_sales(TumblingProcessingTime{Duration{10}}), batch_size, &world, drain);
  }

  sim::World world{1};
};

TEST_F(ProcessingTime, CountsByTheClockAndFiresWhenItReachesTheEnd) {
  Windows windows = this->windows();
  windows.feed(sales({{-5, 1}, {123'456, 1}}));
  EXPECT_EQ(windows.op().next_deadline().wall, timestamp_ms(1'010));
  world.set_wall(timestamp_ms(1'009));
  windows.time();
  EXPECT_EQ(windows.take(), Strings{});
  world.set_wall(timestamp_ms(1'010));
  windows.time();
  EXPECT_EQ(windows.take(), Strings{"1 [1000, 1010): 2"});
  EXPECT_EQ(windows.op().next_deadline().wall, Timestamp::max());
}

TEST_F(ProcessingTime, NeverGoesBackWithTheClock) {
  Windows windows = this->windows();
  windows.feed(sales({{0, 1}}));
  world.set_wall(timestamp_ms(500));
  windows.feed(sales({{0, 1}}));
  EXPECT_EQ(windows.take(), Strings{});
  world.set_wall(timestamp_ms(1'010));
  windows.time();
  EXPECT_EQ(windows.take(), Strings{"1 [1000, 1010): 2"});
  world.set_wall(timestamp_ms(1'005));
  windows.feed(sales({{0, 1}}));
  world.set_wall(timestamp_ms(1'020));
  windows.time();
  EXPECT_EQ(windows.take(), Strings{"1 [1010, 1020): 1"});
  EXPECT_EQ(windows.metrics().late, 0U);
}

TEST_F(ProcessingTime, FiresWhatIsDueBeforeItCountsABatch) {
  Windows windows = this->windows(1);
  std::vector<SaleAt> all;
  for (int key = 0; key < 10; ++key) all.push_back({0, key});
  windows.feed(sales(all));
  world.set_wall(timestamp_ms(1'010));
  windows.feed(sales({{0, 0}}));
  EXPECT_EQ(windows.take().size(), 10U);
  world.set_wall(timestamp_ms(1'020));
  windows.time();
  EXPECT_EQ(windows.take(), Strings{"0 [1010, 1020): 1"});
}

TEST_F(ProcessingTime, PaysNoHeedToWatermarks) {
  Windows windows = this->windows();
  windows.feed(sales({{0, 1}}));
  windows.watermark(Watermark::end());
  EXPECT_EQ(windows.take(), Strings{"the last watermark"});
}

TEST_F(ProcessingTime, FiresAtTheEndOfInputOnlyWhenItIsToDrain) {
  Windows drained = windows(64, true);
  drained.feed(sales({{0, 1}}));
  drained.end();
  EXPECT_EQ(drained.take(), Strings{"1 [1000, 1010): 1"});
  Windows dropped = windows(64, false);
  dropped.feed(sales({{0, 1}}));
  dropped.end();
  EXPECT_EQ(dropped.take(), Strings{});
}

TEST_F(ProcessingTime, EndsAFiringBeforeABarrier) {
  Windows windows = this->windows(1);
  std::vector<SaleAt> all;
  for (int key = 0; key < 10; ++key) all.push_back({0, key});
  windows.feed(sales(all));
  world.set_wall(timestamp_ms(1'010));
  Outputs out;
  out.add(std::make_unique<Output<std::string>>(1));
  EXPECT_EQ(windows.op().on_time(out), Stop::kOutputFull) << "in the middle of the window's results";
  windows.barrier(3);
  const Strings after = windows.take();
  EXPECT_EQ(after.size(), 10U) << "nine results, and the barrier behind them";
  EXPECT_EQ(after.back(), "barrier 3");
  windows.time();
  EXPECT_EQ(windows.take(), Strings{});
}

TEST_F(ProcessingTime, NeverGoesBackAcrossARestore) {
  Windows before = this->windows();
  world.set_wall(timestamp_ms(1'025));
  before.time();
  Windows after = this->windows();
  after.op().restore(before.saved());
  world.set_wall(timestamp_ms(1'003));
  after.feed(sales({{0, 1}}));
  EXPECT_EQ(after.op().next_deadline().wall, timestamp_ms(1'030));
}

}  // namespace
}  // namespace weir::detail
