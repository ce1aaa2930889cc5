#include "weir/core/watermark_merger.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

Watermark at(std::int64_t ms) { return Watermark(timestamp_ms(ms)); }

TEST(WatermarkMerger, IsTheMinimumOfItsInputs) {
  WatermarkMerger merger(2);
  merger.advance(0, at(10));
  EXPECT_EQ(merger.watermark(), Watermark::none());
  merger.advance(1, at(5));
  EXPECT_EQ(merger.watermark(), at(5));
  merger.advance(1, at(20));
  EXPECT_EQ(merger.watermark(), at(10));
}

TEST(WatermarkMerger, IgnoresAPromiseBelowAnEarlierOne) {
  WatermarkMerger merger(1);
  merger.advance(0, at(10));
  merger.advance(0, at(3));
  EXPECT_EQ(merger.watermark(), at(10));
}

TEST(WatermarkMerger, DoesNotWaitForAnIdleInput) {
  WatermarkMerger merger(2);
  merger.advance(0, at(10));
  merger.set_idle(1);
  EXPECT_EQ(merger.watermark(), at(10));
}

TEST(WatermarkMerger, NeverGoesBackWhenAnIdleInputReturnsBehind) {
  WatermarkMerger merger(2);
  merger.advance(0, at(10));
  merger.set_idle(1);
  merger.advance(1, at(2));
  EXPECT_EQ(merger.watermark(), at(10));
  merger.advance(0, at(30));
  EXPECT_EQ(merger.watermark(), at(10));
  merger.advance(1, at(12));
  EXPECT_EQ(merger.watermark(), at(12));
}

TEST(WatermarkMerger, StandsAtTheLatestPromiseWhenAllInputsAreIdleInWhateverOrderTheyBecameSo) {
  for (const std::size_t first : {0, 1}) {
    WatermarkMerger merger(2);
    merger.advance(0, at(10));
    merger.advance(1, at(5));
    merger.set_idle(first);
    merger.set_idle(1 - first);
    EXPECT_EQ(merger.state(), WatermarkMerger::State::kIdle);
    EXPECT_EQ(merger.watermark(), at(10)) << first;
  }
}

TEST(WatermarkMerger, CountsWhatFinishedInputsPromisedOnceAllOthersAreIdle) {
  WatermarkMerger merger(3);
  merger.advance(0, at(10));
  merger.set_finished(0);
  merger.advance(1, at(5));
  merger.set_idle(1);
  EXPECT_EQ(merger.watermark(), Watermark::none());
  merger.set_finished(2);
  EXPECT_EQ(merger.state(), WatermarkMerger::State::kIdle);
  EXPECT_EQ(merger.watermark(), at(10));
}

TEST(WatermarkMerger, LeavesOutFinishedInputsAndEndsWithTheLast) {
  WatermarkMerger merger(2);
  merger.advance(0, at(7));
  merger.set_finished(1);
  EXPECT_EQ(merger.watermark(), at(7));
  merger.set_finished(0);
  EXPECT_EQ(merger.state(), WatermarkMerger::State::kFinished);
  EXPECT_EQ(merger.watermark(), Watermark::end());
}

TEST(WatermarkMerger, WaitsForAnInputThatJoinsLater) {
  WatermarkMerger merger(1);
  merger.advance(0, at(7));
  const std::size_t second = merger.add_input();
  merger.advance(0, at(9));
  EXPECT_EQ(merger.watermark(), at(7));
  merger.advance(second, at(8));
  EXPECT_EQ(merger.watermark(), at(8));
}

TEST(WatermarkMerger, DoesNotStayAtTheEndWhenAnInputJoinsAfterAllHadFinished) {
  WatermarkMerger merger(1);
  merger.advance(0, at(10));
  merger.set_finished(0);
  EXPECT_EQ(merger.watermark(), Watermark::end());
  const std::size_t joined = merger.add_input();
  EXPECT_EQ(merger.watermark(), at(10));
  merger.advance(joined, at(20));
  EXPECT_EQ(merger.watermark(), at(20));
}

}  // namespace
}  // namespace weir
