#include "benchmarks/baselines/p1.h"

#include <map>
#include <utility>

#include <gtest/gtest.h>

#include "weir/connectors/nexmark/generator.h"

namespace weir::benchmarks {
namespace {

Settings settings_of(std::int64_t window_ms, std::int64_t slide_ms) {
  Settings settings;
  settings.events = 30'000;
  settings.rate = 1'000;
  settings.base_time = timestamp_ms(1'700'000'003'217);  // in the middle of a window
  settings.window = Duration{window_ms};
  settings.slide = Duration{slide_ms};
  return settings;
}

/// Every bid counted in every window that holds it.
Result counted_one_by_one(const Settings& settings) {
  const nexmark::Generator generator(generator_config(settings), 0);
  std::map<std::pair<Timestamp, std::int64_t>, std::int64_t> counts;
  Result result;
  for (std::int64_t k = 0; k < generator.events(); ++k) {
    if (generator.kind(k) != nexmark::EventKind::kBid) continue;
    const nexmark::BidNumbers bid = generator.bid_numbers(k);
    ++result.records;
    for (Timestamp end = align_down(bid.date_time, settings.slide) + settings.slide;
         end - settings.window <= bid.date_time; end += settings.slide)
      ++counts[{end, bid.auction}];
  }
  result.answer.emplace();
  for (const auto& [row, count] : counts) result.answer->add(row.first, row.second, count);
  return result;
}

TEST(P1, CountsTumblingWindowsAsOneByOne) {
  for (const std::int64_t window : {10'000, 777, 1}) {
    const Settings settings = settings_of(window, window);
    const Result expected = counted_one_by_one(settings);
    const Result result = p1_tumbling_count(settings);
    EXPECT_EQ(result.records, 27'600);
    EXPECT_EQ(result.records, expected.records);
    EXPECT_GT(expected.answer->rows(), 1'000u);
    EXPECT_EQ(result.answer, expected.answer) << window;
  }
}

TEST(P1, CountsSlidingWindowsAsOneByOne) {
  for (const auto& [window, slide] : {std::pair{10'000, 10'000}, {10'000, 2'000}, {6'000, 100}, {50, 10}, {3, 1}}) {
    const Settings settings = settings_of(window, slide);
    EXPECT_EQ(p1_sliding_count(settings).answer, counted_one_by_one(settings).answer) << window << " by " << slide;
  }
}

TEST(P1, CountsWindowsBetweenWhichNothingHappens) {
  Settings settings = settings_of(40, 10);
  settings.events = 500;
  settings.rate = 5;  // a bid every 200 ms
  EXPECT_EQ(p1_sliding_count(settings).answer, counted_one_by_one(settings).answer);
  settings.slide = settings.window;
  EXPECT_EQ(p1_tumbling_count(settings).answer, counted_one_by_one(settings).answer);
}

TEST(Answer, DependsOnEveryValueOfARowButNotOnTheOrderOfRows) {
  Answer one, other, parts, more;
  one.add(timestamp_ms(10), 1, 2);
  one.add(timestamp_ms(20), 3, 4);
  other.add(timestamp_ms(20), 3, 4);
  other.add(timestamp_ms(10), 1, 2);
  EXPECT_EQ(one, other);

  parts.add(timestamp_ms(10), 1, 2);
  more.add(timestamp_ms(20), 3, 4);
  parts += more;
  EXPECT_EQ(parts, one);

  for (const auto& [end, auction, count] : {std::tuple{21, 3, 4}, {20, 4, 4}, {20, 3, 5}}) {
    Answer different;
    different.add(timestamp_ms(10), 1, 2);
    different.add(timestamp_ms(end), auction, count);
    EXPECT_NE(different, one);
  }
}

}  // namespace
}  // namespace weir::benchmarks
