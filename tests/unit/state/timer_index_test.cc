#include "weir/state/timer_index.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "weir/core/time.h"

namespace weir::state {
namespace {

/// A table of timers and their index, beside what should come of it.
class Timetable final : private TimerIndex::Entries {
 public:
  TimerIndex index{*this};

  void set(std::int64_t ms, std::uint64_t hash) {
    ++entries_[{timestamp_ms(ms), hash}];
    ++size_;
    index.add({timestamp_ms(ms), hash});
  }
  void cancel(std::int64_t ms, std::uint64_t hash) {
    end({timestamp_ms(ms), hash});
    index.ended(timestamp_ms(ms));
    index.tidy();
  }
  /// The time of the earliest timer, taken off; none if the index has none.
  std::optional<std::int64_t> take() {
    const auto first = index.first();
    if (!first) return std::nullopt;
    EXPECT_EQ(first->time, entries_.begin()->first.time);
    EXPECT_TRUE(entries_.contains(*first)) << to_ms(first->time) << ' ' << first->hash;
    index.take_first();
    end(*first);
    return to_ms(first->time);
  }
  TimerIndex::Timer any(std::mt19937_64& random) const {
    const auto from = entries_.lower_bound({entries_.begin()->first.time + Duration(random() % 2'000), random()});
    return from == entries_.end() ? entries_.begin()->first : from->first;
  }
  std::size_t size() const { return size_; }

 private:
  std::size_t entries_of(const TimerIndex::Timer& timer) const override {
    const auto entry = entries_.find(timer);
    return entry == entries_.end() ? 0 : entry->second;
  }
  void end(const TimerIndex::Timer& timer) {
    const auto entry = entries_.find(timer);
    ASSERT_NE(entry, entries_.end());
    --size_;
    if (--entry->second == 0) entries_.erase(entry);
  }

  std::map<TimerIndex::Timer, std::size_t> entries_;
  std::size_t size_ = 0;
};

TEST(TimerIndex, GivesWhatAnOrderedMapWouldWhateverIsDoneToIt) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const std::int64_t spread = std::int64_t{1} << (seed % 20);
    const std::uint64_t hashes = seed % 3 == 0 ? 3 : 1'000'000;
    const std::uint64_t most = 1 + random() % 20'000;
    Timetable timers;
    std::int64_t now = 0;
    for (int step = 0; step < 30'000; ++step) {
      const std::uint64_t what = random() % 16;
      const bool grows = step / 8'192 % 2 == 0;
      if (what < (grows ? 13 : 5) && timers.size() < most) {
        // Some times have many timers, others few; some are over already.
        const bool same = random() % 2 == 0;
        timers.set(now - 5 + static_cast<std::int64_t>(same ? 7 : random() % static_cast<std::uint64_t>(spread)),
                   random() % hashes);
      } else if (what % 2 == 0 && timers.size() > 0) {
        const TimerIndex::Timer timer = timers.any(random);
        timers.cancel(to_ms(timer.time), timer.hash);
      } else if (const auto taken = timers.take()) {
        now = std::max(now, *taken);
      }
      ASSERT_FALSE(testing::Test::HasFailure()) << step;
      ASSERT_LE(timers.index.size(), 3 * timers.size() + 4'096);
    }
    while (timers.size() > 0) ASSERT_TRUE(timers.take());
    EXPECT_EQ(timers.take(), std::nullopt);
    EXPECT_EQ(timers.index.size(), 0U);
    EXPECT_EQ(timers.index.memory_bytes(), 0U);
  }
}

TEST(TimerIndex, TakesLittleMoreThanATimeAndAHashForEach) {
  constexpr std::uint64_t kTimers = 100'000;
  Timetable timers;
  std::mt19937_64 random(1);
  for (std::uint64_t i = 0; i < kTimers; ++i) timers.set(static_cast<std::int64_t>(random() % 1'000'000), random());
  EXPECT_LE(timers.index.memory_bytes(), kTimers * 2 * sizeof(TimerIndex::Timer));
}

TEST(TimerIndex, GivesMemoryBackWhenTheLaterHalfEnds) {
  constexpr std::int64_t kTimers = 100'000;
  Timetable timers;
  for (std::int64_t i = 0; i < kTimers; ++i) timers.set(i * 7 % kTimers, static_cast<std::uint64_t>(i));
  const std::size_t before = timers.index.memory_bytes();
  for (std::int64_t i = 0; i < kTimers; ++i)
    if (i * 7 % kTimers >= kTimers / 2) timers.cancel(i * 7 % kTimers, static_cast<std::uint64_t>(i));
  EXPECT_LE(timers.index.memory_bytes(), before * 6 / 10);
}

TEST(TimerIndex, KeepsManyOfOneTimeApartFromThoseBesideThem) {
  Timetable timers;
  for (std::uint64_t i = 0; i < 50'000; ++i) timers.set(100, i);
  for (std::int64_t ms = 0; ms < 200; ++ms) timers.set(ms, 77'777);
  for (std::uint64_t i = 0; i < 50'000; ++i) timers.set(150, i);
  std::vector<std::int64_t> times;
  while (const auto ms = timers.take())
    if (times.empty() || times.back() != *ms) times.push_back(*ms);
  ASSERT_EQ(times.size(), 200U);
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
}

}  // namespace
}  // namespace weir::state
