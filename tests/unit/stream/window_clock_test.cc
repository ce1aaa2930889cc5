#include "weir/stream/operators/window_clock.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/core/snapshot.h"

namespace weir::detail {
namespace {

Watermark at(std::int64_t ms) { return Watermark(timestamp_ms(ms)); }

TEST(WindowClock, FiresAWindowWhenTheWatermarkReachesItsLargestTimestamp) {
  EXPECT_FALSE(WindowClock::fires(timestamp_ms(10), at(8)));
  EXPECT_TRUE(WindowClock::fires(timestamp_ms(10), at(9)));
  EXPECT_FALSE(WindowClock::fires(timestamp_ms(10), Watermark::none()));
  EXPECT_TRUE(WindowClock::fires(timestamp_ms(10), Watermark::end()));
}

TEST(WindowClock, KeepsAWindowForTheAllowedLateness) {
  const WindowClock clock(TumblingEventTime{Duration{10}}, Duration{5});
  EXPECT_FALSE(clock.expired(timestamp_ms(10), at(9)));
  EXPECT_FALSE(clock.expired(timestamp_ms(10), at(13)));
  EXPECT_TRUE(clock.expired(timestamp_ms(10), at(14)));
  const WindowClock strict(TumblingEventTime{Duration{10}}, Duration{0});
  EXPECT_FALSE(strict.expired(timestamp_ms(10), at(8)));
  EXPECT_TRUE(strict.expired(timestamp_ms(10), at(9))) << "without lateness a window is gone as it fires";
}

TEST(WindowClock, KeepsASliceAsLongAsItsLastWindow) {
  const WindowClock clock(SlidingEventTime{Duration{10}, Duration{5}}, Duration{2});
  // The slice [0, 5) lies in [-5, 5) and [0, 10).
  EXPECT_FALSE(clock.slice_expired(timestamp_ms(5), at(10)));
  EXPECT_TRUE(clock.slice_expired(timestamp_ms(5), at(11)));
}

TEST(WindowClock, HoldsARecordInAGapForLateWhenItsTimeIsOver) {
  WindowClock clock(SlidingEventTime{Duration{4}, Duration{10}}, Duration{3});
  clock.set(at(10));
  EXPECT_TRUE(clock.late_in_gap(timestamp_ms(7)));
  EXPECT_FALSE(clock.late_in_gap(timestamp_ms(8)));
}

TEST(WindowClock, FindsTheNextWindowAsTryingAllWindowsDoes) {
  struct Case {
    std::int64_t size;
    std::int64_t slide;
    std::int64_t offset;
  };
  for (const Case& of : std::vector<Case>{{10, 10, 0}, {10, 5, 0}, {10, 3, -4}, {10, 4, 7}, {4, 10, 3}}) {
    const WindowLayout layout = SlidingEventTime{Duration{of.size}, Duration{of.slide}, Duration{of.offset}};
    WindowClock clock(layout, Duration{0});
    for (std::int64_t now = -30; now <= 30; ++now) {
      clock.set(at(now));
      for (std::int64_t t = -20; t <= 20; ++t) {
        const Timestamp slice_end = layout.slice_end(timestamp_ms(t));
        if (!layout.in_some_window(slice_end)) continue;
        std::optional<std::int64_t> next;
        for (std::int64_t number = 100; number >= -100; --number) {
          const std::int64_t start = of.offset + number * of.slide;
          const bool holds = start <= t && t < start + of.size;
          if (holds && start + of.size - 1 > now) next = start + of.size;
        }
        SCOPED_TRACE(fmt::format("size {} slide {} offset {} now {} t {}", of.size, of.slide, of.offset, now, t));
        ASSERT_EQ(clock.has_unfired(slice_end), next.has_value());
        if (next) {
          ASSERT_EQ(to_ms(clock.next_window_end(slice_end)), *next);
        }
      }
    }
  }
}

TEST(WindowClock, RefusesWhatIsSavedOfOtherWindowsAndNamesBoth) {
  const auto saved = [](const WindowLayout& layout) {
    SavedValues values;
    WindowClock(layout, Duration{0}).save(values);
    return values;
  };
  const WindowLayout ten(TumblingEventTime{Duration{10'000}});
  for (const WindowLayout& other : {WindowLayout(TumblingEventTime{Duration{20'000}}),
                                    WindowLayout(TumblingEventTime{Duration{10'000}, Duration{1}}),
                                    WindowLayout(TumblingProcessingTime{Duration{10'000}}),
                                    WindowLayout(SlidingEventTime{Duration{10'000}, Duration{5'000}})}) {
    WindowClock clock(ten, Duration{0});
    for (const auto& act : std::vector<std::function<void()>>{[&] { clock.restore(saved(other)); },
                                                              [&] { (void)clock.times_of({saved(other)}, 8); }}) {
      try {
        act();
        ADD_FAILURE() << other.describe();
      } catch (const UserError& error) {
        EXPECT_NE(std::string(error.what()).find(other.describe()), std::string::npos);
        EXPECT_NE(std::string(error.what()).find(ten.describe()), std::string::npos);
      }
    }
  }
  WindowClock(ten, Duration{5}).restore(saved(ten));
}

}  // namespace
}  // namespace weir::detail
