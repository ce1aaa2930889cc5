#include "weir/stream/windows.h"

#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

namespace weir {
namespace {

struct Shape {
  std::int64_t size;
  std::int64_t slide;
  std::int64_t offset;
};

WindowLayout layout_of(const Shape& shape) {
  return {WindowLayout::Time::kEvent, Duration{shape.size}, Duration{shape.slide}, Duration{shape.offset}};
}

/// The ends of all windows that hold `t`, found by trying every window start around it.
std::vector<std::int64_t> ends_of_windows_over(const Shape& shape, std::int64_t t) {
  std::vector<std::int64_t> ends;
  for (std::int64_t number = -200; number <= 200; ++number) {
    const std::int64_t start = shape.offset + number * shape.slide;
    if (start <= t && t < start + shape.size) ends.push_back(start + shape.size);
  }
  return ends;
}

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {
      {10, 10, 0}, {10, 10, 3}, {10, 10, -3}, {10, 5, 0}, {10, 2, 1}, {10, 3, 0}, {10, 4, 0},  {10, 6, 5},
      {7, 3, -11}, {1, 1, 0},   {4, 10, 0},   {4, 10, 7}, {3, 4, -1}, {6, 9, 2},  {12, 18, 0}, {10, 7, 25},
  };
  return all;
}

std::string text(const Shape& shape, std::int64_t t) {
  return fmt::format("size {} slide {} offset {} t {}", shape.size, shape.slide, shape.offset, t);
}

TEST(WindowLayout, AgreesWithTryingEveryWindow) {
  for (const Shape& shape : shapes()) {
    const WindowLayout layout = layout_of(shape);
    for (std::int64_t t = -60; t <= 60; ++t) {
      SCOPED_TRACE(text(shape, t));
      const std::vector<std::int64_t> ends = ends_of_windows_over(shape, t);
      const Timestamp slice_end = layout.slice_end(timestamp_ms(t));
      ASSERT_EQ(layout.in_some_window(slice_end), !ends.empty());
      if (ends.empty()) continue;
      EXPECT_EQ(to_ms(layout.first_window_end(slice_end)), ends.front());
      EXPECT_EQ(to_ms(layout.last_window_end(slice_end)), ends.back());
    }
  }
}

TEST(WindowLayout, CutsTimeIntoSlicesThatNoWindowEdgeDivides) {
  for (const Shape& shape : shapes()) {
    const WindowLayout layout = layout_of(shape);
    EXPECT_EQ(shape.size % layout.slice().count(), 0);
    EXPECT_EQ(shape.slide % layout.slice().count(), 0);
    for (std::int64_t t = -60; t <= 60; ++t) {
      SCOPED_TRACE(text(shape, t));
      const std::int64_t end = to_ms(layout.slice_end(timestamp_ms(t)));
      const std::int64_t start = end - layout.slice().count();
      ASSERT_LE(start, t);
      ASSERT_LT(t, end);
      for (std::int64_t inside = start; inside < end; ++inside) {
        EXPECT_EQ(to_ms(layout.slice_end(timestamp_ms(inside))), end);
        EXPECT_EQ(ends_of_windows_over(shape, inside), ends_of_windows_over(shape, t));
      }
    }
  }
}

TEST(WindowLayout, MakesSlicesAsLongAsCanBe) {
  EXPECT_EQ(layout_of({10, 10, 0}).slice(), Duration{10});
  EXPECT_EQ(layout_of({10, 4, 0}).slice(), Duration{2});
  EXPECT_EQ(layout_of({10, 3, 0}).slice(), Duration{1});
  EXPECT_EQ(layout_of({12, 18, 0}).slice(), Duration{6});
}

TEST(WindowLayout, FindsTheFirstWindowEndAfterATime) {
  for (const Shape& shape : shapes()) {
    const WindowLayout layout = layout_of(shape);
    for (std::int64_t t = -60; t <= 60; ++t) {
      std::int64_t first = 0;
      for (std::int64_t number = 200; number >= -200; --number) {
        const std::int64_t end = shape.offset + number * shape.slide + shape.size;
        if (end > t) first = end;
      }
      EXPECT_EQ(to_ms(layout.window_end_after(timestamp_ms(t))), first) << text(shape, t);
    }
  }
}

TEST(WindowLayout, PutsARecordAtTheEndOfAWindowIntoTheNext) {
  const WindowLayout layout = TumblingEventTime{Duration{10}};
  EXPECT_EQ(layout.slice_end(timestamp_ms(9)), timestamp_ms(10));
  EXPECT_EQ(layout.slice_end(timestamp_ms(10)), timestamp_ms(20));
  EXPECT_EQ(layout.slice_end(timestamp_ms(-1)), timestamp_ms(0));
  EXPECT_EQ(layout.slice_end(timestamp_ms(0)), timestamp_ms(10));
  EXPECT_EQ((Window{timestamp_ms(0), timestamp_ms(10)}.max_timestamp()), timestamp_ms(9));
}

TEST(WindowLayout, ReachesToTheLimitsOfTime) {
  const Duration longest{100'000'000'000'000};
  const WindowLayout layout = SlidingEventTime{longest, longest, longest};
  for (const Timestamp t : {kMinTimestamp, kMaxTimestamp}) {
    const Timestamp end = layout.slice_end(t);
    EXPECT_LE(end - layout.slice(), t);
    EXPECT_LT(t, end);
    EXPECT_EQ(layout.last_window_end(end), end);
  }
}

TEST(WindowLayout, KnowsWhichTimeItGoesBy) {
  EXPECT_TRUE(WindowLayout(TumblingEventTime{Duration{1}}).event_time());
  EXPECT_TRUE(WindowLayout(SlidingEventTime{Duration{2}, Duration{1}}).event_time());
  EXPECT_FALSE(WindowLayout(TumblingProcessingTime{Duration{1}}).event_time());
  EXPECT_FALSE(WindowLayout(SlidingProcessingTime{Duration{2}, Duration{1}}).event_time());
}

TEST(WindowLayout, SaysWhatItIs) {
  EXPECT_EQ(WindowLayout(TumblingEventTime{Duration{10}}).describe(), "TumblingEventTime(10 ms)");
  EXPECT_EQ(WindowLayout(TumblingEventTime{Duration{10}, Duration{3}}).describe(),
            "TumblingEventTime(10 ms, offset 3 ms)");
  EXPECT_EQ(WindowLayout(SlidingProcessingTime{Duration{5000}, Duration{1000}}).describe(),
            "SlidingProcessingTime(5000 ms, 1000 ms)");
}

TEST(WindowLayout, RefusesWhatIsNoWindow) {
  for (const Shape& shape : std::vector<Shape>{{0, 1, 0},
                                               {1, 0, 0},
                                               {-1, 1, 0},
                                               {1, -1, 0},
                                               {100'000'000'000'001, 1, 0},
                                               {1, 100'000'000'000'001, 0},
                                               {1, 1, 100'000'000'000'001},
                                               {1, 1, -100'000'000'000'001}})
    EXPECT_THROW(layout_of(shape), UserError) << text(shape, 0);
}

}  // namespace
}  // namespace weir
