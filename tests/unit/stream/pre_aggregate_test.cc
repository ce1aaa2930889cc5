#include "weir/stream/operators/pre_aggregate.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "driven_operator.h"
#include "sales.h"

namespace weir::detail {
namespace {

using tests::SaleAt;
using tests::sales;
using tests::Strings;
using Partials = tests::SalesSum::PartialRecord;

/// The operator with partial results shown as "7 until 10: 3" and raw records as "raw 7 at 5".
class PreAggregation : public tests::DrivenOperator {
 public:
  explicit PreAggregation(WindowLayout layout, std::size_t batch_size = 64)
      : DrivenOperator(std::make_unique<PreAggregate<tests::SalesSum>>(tests::sum_of_sales(layout))) {
    add_port<Partials>(batch_size, [this](const Partials& partial, Timestamp timestamp) {
      EXPECT_EQ(timestamp, partial.slice_end - Duration{1});
      sums[{partial.key, to_ms(partial.slice_end)}] += partial.accumulator;
      return fmt::format("{} until {}: {}", partial.key, to_ms(partial.slice_end), partial.accumulator);
    });
    add_port<tests::Sale>(batch_size, [](const tests::Sale& sale, Timestamp timestamp) {
      return fmt::format("raw {} at {}", sale.key, to_ms(timestamp));
    });
  }

  std::map<std::pair<int, std::int64_t>, std::int64_t> sums;  ///< by key and slice end
};

const WindowLayout kTumbling = TumblingEventTime{Duration{10}};

Strings sorted(Strings all) {
  std::sort(all.begin(), all.end());
  return all;
}

TEST(PreAggregate, HoldsRecordsBackUntilAWatermarkEndsTheirSlice) {
  PreAggregation operation(kTumbling);
  operation.feed(sales({{0, 1}, {9, 1, 2}, {10, 2, 4}}));
  EXPECT_EQ(operation.take(), Strings{});
  operation.watermark(8);
  EXPECT_EQ(operation.take(), Strings{"watermark 8"});
  operation.watermark(9);
  EXPECT_EQ(operation.take(), (Strings{"1 until 10: 3", "watermark 9"}));
  operation.watermark(19);
  EXPECT_EQ(operation.take(), (Strings{"2 until 20: 4", "watermark 19"}));
}

TEST(PreAggregate, SendsEverythingBeforeTheLastWatermark) {
  PreAggregation operation(kTumbling);
  operation.feed(sales({{5, 1}, {1'000'000, 2}, {-7, 3}}));
  operation.watermark(Watermark::end());
  const Strings out = operation.take();
  ASSERT_EQ(out.size(), 4U);
  EXPECT_EQ(out.back(), "the last watermark");
  EXPECT_EQ(sorted(out), (Strings{"1 until 10: 1", "2 until 1000010: 1", "3 until 0: 1", "the last watermark"}));
}

TEST(PreAggregate, CombinesByTheSlicesOfSlidingWindows) {
  PreAggregation operation(SlidingEventTime{Duration{10}, Duration{4}});
  operation.feed(sales({{0, 1}, {1, 1}, {2, 1}, {3, 1, 10}, {4, 1, 100}}));
  operation.watermark(9);
  EXPECT_EQ(sorted(operation.take()), (Strings{"1 until 2: 2", "1 until 4: 11", "1 until 6: 100", "watermark 9"}));
}

TEST(PreAggregate, LetsLateRecordsTravelRaw) {
  PreAggregation operation(kTumbling);
  operation.watermark(9);
  operation.take();
  operation.feed(sales({{9, 1}, {10, 1}, {5, 2}}));
  EXPECT_EQ(operation.take(), (Strings{"raw 1 at 9", "raw 2 at 5"}));
  operation.watermark(19);
  EXPECT_EQ(operation.take(), (Strings{"1 until 20: 1", "watermark 19"}));
}

TEST(PreAggregate, LooksAnewWhetherARecordIsLateAfterAWatermark) {
  PreAggregation operation(kTumbling);
  operation.feed(sales({{5, 1}}));
  operation.watermark(9);
  operation.take();
  operation.feed(sales({{5, 1}}));
  EXPECT_EQ(operation.take(), Strings{"raw 1 at 5"});
}

TEST(PreAggregate, LetsRecordsOutsideAllWindowsTravelRaw) {
  PreAggregation operation(SlidingEventTime{Duration{4}, Duration{10}});
  operation.feed(sales({{3, 1}, {4, 2}, {9, 2}, {10, 3}}));
  EXPECT_EQ(operation.take(), (Strings{"raw 2 at 4", "raw 2 at 9"}));
}

TEST(PreAggregate, SendsWhatItHoldsWhenItsInputFallsIdle) {
  PreAggregation operation(kTumbling);
  operation.feed(sales({{5, 1}, {50, 1}}));
  operation.input_idle();
  const Strings out = operation.take();
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out.back(), "idle");
  EXPECT_EQ(sorted(out), (Strings{"1 until 10: 1", "1 until 60: 1", "idle"}));
}

TEST(PreAggregate, LetsAllTravelRawOnceItHasBeenIdle) {
  PreAggregation operation(kTumbling);
  operation.feed(sales({{5, 1}}));
  operation.input_idle();
  operation.take();
  operation.feed(sales({{5, 1}, {1000, 1}}));
  EXPECT_EQ(operation.take(), (Strings{"raw 1 at 5", "raw 1 at 1000"}));
}

TEST(PreAggregate, GoesOnFlushingWhereItsOutputWasFull) {
  for (const std::size_t batch_size : {1, 2, 7, 64}) {
    PreAggregation operation(kTumbling, batch_size);
    std::vector<SaleAt> all;
    for (int key = 0; key < 100; ++key) all.push_back({key % 20, key, 3});
    operation.feed(sales(all));
    const std::size_t early = operation.take().size();
    operation.watermark(9);
    const Strings first = operation.take();
    EXPECT_EQ(first.back(), "watermark 9");
    operation.watermark(19);
    const std::size_t second = operation.take().size();
    EXPECT_EQ(early + first.size() + second, 102U) << "a hundred partial results and two watermarks";
    EXPECT_EQ(operation.sums.size(), 100U);
    for (const auto& [key, sum] : operation.sums) EXPECT_EQ(sum, 3) << key.first;
    if (batch_size == 1) {
      EXPECT_GT(operation.stops(), 50);
    }
  }
}

TEST(PreAggregate, KeepsALaterSliceWhileAnEarlierOneIsFlushed) {
  PreAggregation operation(kTumbling, 1);
  std::vector<SaleAt> all;
  for (int key = 0; key < 50; ++key) all.push_back({key % 2 == 0 ? 5 : 15, key});
  operation.feed(sales(all));
  operation.watermark(9);
  EXPECT_EQ(operation.sums.size(), 25U);
  for (const auto& [key, sum] : operation.sums) EXPECT_EQ(key.second, 10);
  operation.watermark(19);
  EXPECT_EQ(operation.sums.size(), 50U);
}

TEST(PreAggregate, LosesNothingWhenMoreKeysComeThanItHasPlacesFor) {
  for (const std::size_t batch_size : {1, 64}) {
    PreAggregation operation(kTumbling, batch_size);
    constexpr int kKeys = 10'000;
    for (int round = 0; round < 3; ++round) {
      std::vector<SaleAt> all;
      for (int key = 0; key < kKeys; ++key) all.push_back({5, key, round + 1});
      operation.feed(sales(all));
    }
    EXPECT_FALSE(operation.take().empty()) << "its memory is bounded";
    operation.watermark(9);
    ASSERT_EQ(operation.sums.size(), static_cast<std::size_t>(kKeys));
    for (const auto& [key, sum] : operation.sums) ASSERT_EQ(sum, 6) << key.first;
  }
}

TEST(PreAggregate, SendsOneSlicesResultWhenTheKeyTurnsToAnother) {
  PreAggregation operation(kTumbling);
  operation.feed(sales({{5, 1}, {15, 1}, {5, 1}, {15, 1}}));
  operation.watermark(19);
  EXPECT_EQ(operation.sums, (std::map<std::pair<int, std::int64_t>, std::int64_t>{{{1, 10}, 2}, {{1, 20}, 2}}));
}

TEST(PreAggregate, SendsEverythingBeforeABarrier) {
  for (const std::size_t batch_size : {1, 64}) {
    PreAggregation operation(kTumbling, batch_size);
    operation.feed(sales({{5, 1}, {5, 1}, {15, 2, 10}}));
    EXPECT_EQ(operation.take(), Strings{});
    operation.barrier(7);
    const Strings out = operation.take();
    ASSERT_EQ(out.size(), 3U);
    EXPECT_EQ(out.back(), "barrier 7");
    EXPECT_EQ(sorted(out), (Strings{"1 until 10: 2", "2 until 20: 10", "barrier 7"}));
    operation.feed(sales({{5, 1}}));
    operation.watermark(9);
    EXPECT_EQ(operation.take(), (Strings{"1 until 10: 1", "watermark 9"})) << "and nothing a second time";
  }
}

TEST(PreAggregate, RemembersAfterARestoreWhichSlicesAreOver) {
  PreAggregation before(kTumbling);
  before.watermark(9);
  before.barrier(1);
  PreAggregation after(kTumbling);
  after.op().restore(before.saved());
  after.feed(sales({{9, 1}, {10, 1}}));
  EXPECT_EQ(after.take(), Strings{"raw 1 at 9"});
}

TEST(PreAggregate, RemembersAfterARestoreThatItHasBeenIdle) {
  PreAggregation before(kTumbling);
  before.input_idle();
  before.barrier(1);
  PreAggregation after(kTumbling);
  after.op().restore(before.saved());
  after.feed(sales({{5, 1}, {1000, 1}}));
  EXPECT_EQ(after.take(), (Strings{"raw 1 at 5", "raw 1 at 1000"}));
}

}  // namespace
}  // namespace weir::detail
