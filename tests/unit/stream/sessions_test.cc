#include "weir/stream/sessions.h"

#include <optional>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/error.h"

#include "error_text.h"
#include "triggered_bed.h"

namespace weir {
namespace {

using detail::EndOfWindowTrigger;
using state::StateBed;
using tests::Strings;
using tests::TriggeredBed;
using tests::TriggeredCheckpoint;
using tests::Visit;
using tests::VisitAt;
using tests::visits;
using tests::windows_of_visits;

auto sessions(std::int64_t gap_ms, std::int64_t lateness_ms = 0) {
  return windows_of_visits(SessionWindows::with_gap(Duration(gap_ms)), EndOfWindowTrigger{true}, Duration(lateness_ms));
}

/// The gap behind a visit is its value.
auto dynamic_sessions() {
  const auto gap = [](const Visit& visit) { return Duration(visit.value); };
  return windows_of_visits(SessionWindows::with_dynamic_gap(gap), EndOfWindowTrigger{true});
}

auto sessions_by_the_clock(std::int64_t gap_ms) {
  return windows_of_visits(ProcessingTimeSessionWindows::with_gap(Duration(gap_ms)), EndOfWindowTrigger{false});
}

TEST(Sessions, HoldRecordsThatAreNoMoreThanAGapApart) {
  StateBed bed;
  TriggeredBed windows(bed, sessions(10));
  windows->feed(visits({{0, 1, 1}, {9, 1, 2}, {19, 1, 3}, {30, 1, 4}, {5, 2, 5}}));
  windows->watermark(Watermark::end());
  EXPECT_EQ(windows->take(), (Strings{"2 [5, 15): 5", "1 [0, 29): 1 2 3", "1 [30, 40): 4", "the last watermark"}));
}

TEST(Sessions, ThatTouchAreOne) {
  StateBed bed;
  TriggeredBed windows(bed, sessions(10));
  windows->feed(visits({{0, 1, 1}, {10, 1, 2}, {-10, 1, 3}, {21, 1, 4}}));
  windows->watermark(100);
  EXPECT_EQ(windows->take(), (Strings{"1 [-10, 20): 1 2 3", "1 [21, 31): 4", "watermark 100"}));
}

TEST(Sessions, FireWhenTheWatermarkReachesTheirLargestTimestampAndOnce) {
  StateBed bed;
  TriggeredBed windows(bed, sessions(10));
  windows->feed(visits({{0}, {7}}));
  windows->watermark(15);
  windows->watermark(16);
  windows->watermark(50);
  EXPECT_EQ(windows->take(), (Strings{"watermark 15", "1 [0, 17): 1 1", "watermark 16", "watermark 50"}));
}

TEST(Sessions, MergeWhenARecordComesBetweenThem) {
  StateBed bed;
  TriggeredBed windows(bed, sessions(10));
  windows->feed(visits({{0, 1, 1}, {18, 1, 2}, {36, 1, 3}, {9, 1, 4}}));
  EXPECT_EQ(windows.checkpoint().entries(), 2U + 3U) << "two windows; timers of what were three";
  windows->feed(visits({{27, 1, 5}}));
  windows->watermark(100);
  EXPECT_EQ(windows->take(), (Strings{"barrier 1", "1 [0, 46): 1 2 4 3 5", "watermark 100"}));
  EXPECT_EQ(windows.checkpoint().entries(), 0U);
}

TEST(Sessions, TakeARecordWhoseOwnWindowIsGoneIfItMeetsOneThatIsNot) {
  StateBed bed;
  TriggeredBed windows(bed, sessions(10));
  windows->feed(visits({{10, 1, 1}}));
  windows->watermark(15);
  windows->feed(visits({{3, 1, 2}, {3, 2, 3}}));
  windows->watermark(100);
  EXPECT_EQ(windows->take(), (Strings{"watermark 15", "late 2 at 3", "1 [3, 20): 1 2", "watermark 100"}));
  EXPECT_EQ(windows->metrics().late.load(), 1U);
}

TEST(Sessions, FireAgainForEachRecordWithinTheAllowedLateness) {
  StateBed bed;
  TriggeredBed windows(bed, sessions(10, 20));
  windows->feed(visits({{0, 1, 1}}));
  windows->watermark(12);
  windows->feed(visits({{2, 1, 2}}));
  EXPECT_EQ(windows->take(), (Strings{"1 [0, 10): 1", "watermark 12", "1 [0, 12): 1 2"}));
  windows->watermark(30);
  windows->feed(visits({{1, 1, 3}}));
  windows->watermark(31);
  windows->feed(visits({{1, 1, 4}}));
  EXPECT_EQ(windows->take(), (Strings{"watermark 30", "1 [0, 12): 1 2 3", "watermark 31", "late 1 at 1"}));
}

TEST(Sessions, ThatHaveFiredFireAgainAtTheirEndWhenTheyGrow) {
  StateBed bed;
  TriggeredBed windows(bed, sessions(10, 20));
  windows->feed(visits({{0, 1, 1}, {25, 1, 2}}));
  windows->watermark(12);
  EXPECT_EQ(windows->take(), (Strings{"1 [0, 10): 1", "watermark 12"}));
  windows->feed(visits({{8, 1, 3}}));
  windows->feed(visits({{16, 1, 4}}));
  EXPECT_EQ(windows->take(), Strings{}) << "the end is to come, at 35";
  windows->watermark(34);
  EXPECT_EQ(windows->take(), (Strings{"1 [0, 35): 1 3 2 4", "watermark 34"}));
}

TEST(Sessions, KeepOneTimerHoweverLongTheyGrow) {
  StateBed bed;
  TriggeredBed windows(bed, sessions(10));
  std::vector<VisitAt> all;
  for (std::int64_t time = 0; time < 1'000; ++time) all.push_back({time});
  windows->feed(visits(all));
  EXPECT_EQ(windows.checkpoint().entries(), 2U) << "a window and a timer";
  windows->watermark(1'007);
  windows->take();
  EXPECT_EQ(windows.checkpoint().entries(), 2U);
  windows->take();
  windows->watermark(1'008);
  EXPECT_EQ(windows->take().size(), 2U);
  EXPECT_EQ(windows.checkpoint().entries(), 0U);
}

TEST(Sessions, MayHaveAGapForEachRecord) {
  StateBed bed;
  TriggeredBed windows(bed, dynamic_sessions());
  windows->feed(visits({{0, 1, 5}, {10, 1, 5}, {20, 1, 5}, {4, 1, 100}, {200, 1, 1}}));
  windows->watermark(300);
  EXPECT_EQ(windows->take(), (Strings{"1 [0, 104): 5 5 5 100", "1 [200, 201): 1", "watermark 300"}));
}

TEST(Sessions, GoOnWhereTheirOutputWasFull) {
  StateBed bed;
  TriggeredBed windows(bed, sessions(10), {}, {.batch_size = 1});
  std::vector<VisitAt> all;
  Strings expected;
  for (int key = 100; key < 150; ++key) {
    all.push_back({0, key, 1});
    all.push_back({20, key, 2});
    expected.push_back(fmt::format("{} [0, 10): 1", key));
    expected.push_back(fmt::format("{} [20, 30): 2", key));
  }
  windows->feed(visits(all));
  windows->watermark(100);
  EXPECT_GT(windows->stops(), 90);
  EXPECT_EQ(windows.results(), expected);
}

TEST(Sessions, OfProcessingTimeEndAGapAfterTheirLastRecord) {
  StateBed bed;
  bed.world.freeze_wall();
  bed.world.set_wall(timestamp_ms(1'000));
  TriggeredBed windows(bed, sessions_by_the_clock(10));
  windows->feed(visits({{0, 1, 1}, {0, 2, 2}}));
  EXPECT_EQ(windows->op().next_deadline().wall, timestamp_ms(1'010));
  bed.world.set_wall(timestamp_ms(1'009));
  windows->feed(visits({{0, 1, 3}}));
  bed.world.set_wall(timestamp_ms(1'010));
  windows->time();
  EXPECT_EQ(windows->take(), Strings{"2 [1000, 1010): 2"});
  bed.world.set_wall(timestamp_ms(1'018));
  windows->feed(visits({{0, 1, 4}}));
  bed.world.set_wall(timestamp_ms(1'028));
  windows->feed(visits({{0, 1, 5}}));
  EXPECT_EQ(windows->take(), Strings{"1 [1000, 1028): 1 3 4"}) << "due before the record comes";
  windows->watermark(Watermark::end());
  windows->end();
  EXPECT_EQ(windows->take(), Strings{"the last watermark"}) << "not due";
}

TEST(Sessions, OfProcessingTimeFireAtTheEndWhenDrained) {
  StateBed bed;
  bed.world.freeze_wall();
  bed.world.set_wall(timestamp_ms(1'000));
  TriggeredBed windows(bed, sessions_by_the_clock(10), {}, {.drain = true});
  windows->feed(visits({{0, 1, 1}, {0, 1, 2}}));
  windows->end();
  EXPECT_EQ(windows->take(), Strings{"1 [1000, 1010): 1 2"});
}

TEST(Sessions, NeedAGapThatIsPositive) {
  EXPECT_EQ(error_of([] { SessionWindows::with_gap(Duration{0}); }),
            "the gap of a session must be from 1 ms to 100000000000000 ms, it is 0 ms");
  EXPECT_EQ(error_of([] { ProcessingTimeSessionWindows::with_gap(Duration{-5}); }),
            "the gap of a session must be from 1 ms to 100000000000000 ms, it is -5 ms");
  StateBed bed;
  TriggeredBed windows(bed, dynamic_sessions());
  EXPECT_EQ(error_of([&] { windows->feed(visits({{7, 1, 1}, {8, 1, 0}})); }),
            "record 1 of its batch (Visit(1,0)) at 8 ms: the gap of a session must be from 1 ms to "
            "100000000000000 ms, it is 0 ms");
}

// ---- Across failures.

TEST(RestoredSessions, AreMergedByRecordsThatComeLater) {
  StateBed bed;
  TriggeredBed before(bed, sessions(10));
  before->feed(visits({{0, 1, 1}, {18, 1, 2}}));
  before->watermark(8);
  const TriggeredCheckpoint checkpoint = before.checkpoint();
  before->watermark(50);
  TriggeredBed after(bed, sessions(10), checkpoint);
  after->feed(visits({{9, 1, 3}, {-30, 1, 4}}));
  after->watermark(27);
  EXPECT_EQ(after->take(), (Strings{"late 1 at -30", "1 [0, 28): 1 2 3", "watermark 27"}));
}

struct Step {
  std::vector<VisitAt> records;
  std::int64_t watermark = 0;
};

std::vector<Step> random_steps(std::mt19937_64& random) {
  std::vector<Step> steps(30);
  std::int64_t time = 0;
  for (Step& step : steps) {
    for (std::size_t n = random() % 6; n > 0; --n)
      step.records.push_back({time + static_cast<std::int64_t>(random() % 60) - 30, static_cast<int>(random() % 5),
                              static_cast<std::int64_t>(random() % 12) + 1});
    time += static_cast<std::int64_t>(random() % 12);
    step.watermark = time;
  }
  return steps;
}

template <class Spec>
Strings give(TriggeredBed<Spec>& windows, const Step& step) {
  for (const VisitAt& visit : step.records) windows.feed(visit);
  windows.watermark(step.watermark);
  return windows.results();
}

template <class Spec>
void expect_the_same_when_restored(std::mt19937_64& random, const Spec& spec) {
  const std::vector<Step> steps = random_steps(random);
  const std::size_t barrier = random() % steps.size();
  StateBed bed;
  TriggeredBed whole(bed, spec, {}, {.parallelism = static_cast<std::uint32_t>(random() % 3 + 1)});
  std::optional<TriggeredBed<Spec>> restored;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (i == barrier) {
      restored.emplace(
          bed, spec, whole.checkpoint(),
          typename TriggeredBed<Spec>::Options{.parallelism = static_cast<std::uint32_t>(random() % 3 + 1)});
    }
    const Strings expected = give(whole, steps[i]);
    if (!restored) continue;
    ASSERT_EQ(give(*restored, steps[i]), expected) << "after " << i - barrier << " more";
  }
  EXPECT_EQ(restored->checkpoint().entries(), whole.checkpoint().entries());
}

RC_GTEST_PROP(RestoredSessions, DoWhatTheOthersDoAtAnyParallelism, (std::uint64_t seed)) {
  std::mt19937_64 random(seed);
  if (random() % 3 == 0) {
    expect_the_same_when_restored(random, dynamic_sessions());
  } else {
    expect_the_same_when_restored(
        random, sessions(static_cast<std::int64_t>(random() % 12) + 1, static_cast<std::int64_t>(random() % 3) * 10));
  }
}

TEST(RestoredSessions, OfProcessingTimeFireAtOnceWhatBecameDueMeanwhile) {
  StateBed bed;
  bed.world.freeze_wall();
  bed.world.set_wall(timestamp_ms(1'000));
  TriggeredBed before(bed, sessions_by_the_clock(10));
  before->feed(visits({{0, 1, 1}}));
  const TriggeredCheckpoint checkpoint = before.checkpoint();
  bed.world.set_wall(timestamp_ms(1'010));
  TriggeredBed after(bed, sessions_by_the_clock(10), checkpoint);
  EXPECT_EQ(after->op().next_deadline().wall, timestamp_ms(1'010));
  after->feed(visits({{0, 1, 2}}));
  EXPECT_EQ(after->take(), Strings{"1 [1000, 1010): 1"}) << "before the record is counted";
}

}  // namespace
}  // namespace weir
