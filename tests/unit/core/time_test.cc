#include "weir/core/time.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace weir {
namespace {

using namespace std::chrono_literals;

TEST(Timestamp, CountsMillisecondsSinceTheEpoch) {
  EXPECT_EQ(to_ms(timestamp_ms(1'500)), 1'500);
  EXPECT_EQ(timestamp_ms(1'500) - timestamp_ms(0), 1500ms);
  EXPECT_EQ(to_ms(Timestamp{std::chrono::sys_days{std::chrono::year{1970} / 1 / 2}}), 86'400'000);
}

TEST(Timestamp, IsInRangeUpToAndIncludingItsLimits) {
  EXPECT_TRUE(in_range(kMinTimestamp));
  EXPECT_TRUE(in_range(kMaxTimestamp));
  EXPECT_FALSE(in_range(kMinTimestamp - 1ms));
  EXPECT_FALSE(in_range(kMaxTimestamp + 1ms));
}

TEST(Watermark, OfNothingPassesNoTimestampThatARecordCanHave) {
  EXPECT_FALSE(Watermark::none().passes(kMinTimestamp));
  EXPECT_EQ(Watermark{}, Watermark::none());
}

TEST(Watermark, OfTheEndPassesEveryTimestamp) {
  EXPECT_TRUE(Watermark::end().passes(kMaxTimestamp));
  EXPECT_GT(Watermark::end(), Watermark{kMaxTimestamp});
}

TEST(Watermark, PassesItsOwnTimeAndNothingLater) {
  const Watermark watermark{timestamp_ms(10)};
  EXPECT_TRUE(watermark.passes(timestamp_ms(10)));
  EXPECT_FALSE(watermark.passes(timestamp_ms(11)));
}

TEST(AlignDown, KeepsAStartAndMovesWhatFollowsBackToIt) {
  EXPECT_EQ(align_down(timestamp_ms(5'000), 5s), timestamp_ms(5'000));
  EXPECT_EQ(align_down(timestamp_ms(9'999), 5s), timestamp_ms(5'000));
  EXPECT_EQ(align_down(timestamp_ms(10'000), 5s), timestamp_ms(10'000));
}

TEST(AlignDown, RoundsTowardsThePastBelowTheEpochToo) {
  EXPECT_EQ(align_down(timestamp_ms(-1), 5s), timestamp_ms(-5'000));
  EXPECT_EQ(align_down(timestamp_ms(-5'000), 5s), timestamp_ms(-5'000));
  EXPECT_EQ(align_down(timestamp_ms(-5'001), 5s), timestamp_ms(-10'000));
}

TEST(AlignDown, ShiftsTheGridByTheOffset) {
  EXPECT_EQ(align_down(timestamp_ms(0), 24h, -8h), timestamp_ms(-8 * 3'600'000));
  EXPECT_EQ(align_down(timestamp_ms(999), 5s, 1s), timestamp_ms(-4'000));
  EXPECT_EQ(align_down(timestamp_ms(1'000), 5s, 1s), timestamp_ms(1'000));
}

TEST(AlignDown, FindsTheOneAlignedIntervalThatHoldsTheTimestamp) {
  const bool holds = rc::check("start <= t < start + size, and start lies on the grid", [] {
    const Timestamp t = timestamp_ms(*rc::gen::inRange(to_ms(kMinTimestamp), to_ms(kMaxTimestamp) + 1));
    const Duration size{*rc::gen::inRange<std::int64_t>(1, 100'000'000)};
    const Duration offset{*rc::gen::inRange<std::int64_t>(-100'000'000, 100'000'000)};
    const Timestamp start = align_down(t, size, offset);
    RC_ASSERT(start <= t);
    RC_ASSERT(t < start + size);
    RC_ASSERT((to_ms(start) - offset.count()) % size.count() == 0);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace weir
