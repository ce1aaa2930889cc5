#include "weir/stream/triggers.h"

#include <optional>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/error.h"
#include "weir/stream/environment.h"
#include "weir/stream/global_windows.h"
#include "weir/stream/keyed_stream.h"

#include "error_text.h"
#include "triggered_bed.h"

namespace weir {
namespace {

using detail::AlignedWindows;
using detail::EndOfWindowTrigger;
using state::StateBed;
using tests::evicted_windows_of_visits;
using tests::Strings;
using tests::TriggeredBed;
using tests::TriggeredCheckpoint;
using tests::Visit;
using tests::VisitAt;
using tests::visits;
using tests::windows_of_visits;

AlignedWindows tumbling(std::int64_t size_ms) { return AlignedWindows(TumblingEventTime{Duration(size_ms)}); }
AlignedWindows sliding(std::int64_t size_ms, std::int64_t slide_ms) {
  return AlignedWindows(SlidingEventTime{Duration(size_ms), Duration(slide_ms)});
}

template <class Trigger>
auto global(Trigger trigger) {
  return windows_of_visits(GlobalWindows::create(), std::move(trigger));
}

class Triggers : public testing::Test {
 protected:
  Triggers() {
    bed.world.freeze_wall();
    bed.world.set_wall(timestamp_ms(1'000));
  }

  StateBed bed;
};

TEST_F(Triggers, ByCountFireAtEverySoManyRecordsAndNotAtTheEnd) {
  TriggeredBed windows(bed, windows_of_visits(tumbling(100), CountTrigger::of(2)));
  windows->feed(visits({{1, 1, 1}, {2, 1, 2}, {3, 1, 3}, {4, 1, 4}, {5, 1, 5}}));
  EXPECT_EQ(windows->take(), (Strings{"1 [0, 100): 1 2", "1 [0, 100): 1 2 3 4"}));
  windows->watermark(99);
  EXPECT_EQ(windows->take(), Strings{"watermark 99"});
  EXPECT_EQ(windows.checkpoint().entries(), 0U) << "the window is gone";
}

TEST_F(Triggers, PurgeWhatHasFired) {
  TriggeredBed windows(bed, windows_of_visits(sliding(20, 10), PurgingTrigger::of(CountTrigger::of(2))));
  windows->feed(visits({{5, 1, 1}, {15, 1, 2}, {16, 1, 3}, {25, 1, 4}}));
  EXPECT_EQ(windows->take(), (Strings{"1 [0, 20): 1 2", "1 [10, 30): 2 3"}));
}

TEST_F(Triggers, OfCountWindowsLeaveNothingBetweenTwoWindows) {
  TriggeredBed windows(bed, global(PurgingTrigger::of(CountTrigger::of(2))));
  windows->feed(visits({{1, 1, 1}, {2, 2, 2}, {3, 1, 3}}));
  EXPECT_EQ(windows->take(), Strings{"1 all: 1 3 at 3"});
  EXPECT_EQ(windows.checkpoint().entries(), 1U);
  windows->feed(visits({{4, 2, 4}}));
  EXPECT_EQ(windows.checkpoint().entries(), 0U);
}

TEST_F(Triggers, ByCountAddTheirCountsWhenSessionsMerge) {
  TriggeredBed windows(bed, windows_of_visits(SessionWindows::with_gap(Duration{16}), CountTrigger::of(5)));
  windows->feed(visits({{0, 1, 1}, {1, 1, 2}, {30, 1, 3}, {31, 1, 4}}));
  EXPECT_EQ(windows->take(), Strings{});
  windows->feed(visits({{15, 1, 5}}));
  EXPECT_EQ(windows->take(), Strings{"1 [0, 47): 1 2 3 4 5"});
}

TEST_F(Triggers, ThatAreContinuousFireAtMultiplesOfTheirIntervalAndAtTheEnd) {
  TriggeredBed windows(bed, windows_of_visits(tumbling(30), ContinuousEventTimeTrigger::of(Duration{10})));
  windows->feed(visits({{3, 1, 1}}));
  windows->watermark(10);
  windows->feed(visits({{12, 1, 2}}));
  windows->watermark(19);
  EXPECT_EQ(windows->take(), (Strings{"1 [0, 30): 1", "watermark 10", "watermark 19"}));
  windows->watermark(50);
  EXPECT_EQ(windows->take(), (Strings{"1 [0, 30): 1 2", "1 [0, 30): 1 2", "watermark 50"}));
  EXPECT_EQ(windows.checkpoint().entries(), 0U);
}

TEST_F(Triggers, ThatAreContinuousInAGlobalWindowFireOnceMoreWhenTheInputEnds) {
  TriggeredBed windows(bed, global(PurgingTrigger::of(ContinuousEventTimeTrigger::of(Duration{10}))));
  windows->feed(visits({{3, 1, 1}}));
  windows->watermark(25);
  windows->feed(visits({{27, 1, 2}}));
  windows->watermark(Watermark::end());
  EXPECT_EQ(windows->take(), (Strings{"1 all: 1 at 10", "watermark 25", "1 all: 2 at 30", "the last watermark"}));
}

TEST_F(Triggers, ByTheClockFireAtMultiplesOfTheirInterval) {
  TriggeredBed windows(bed, global(ContinuousProcessingTimeTrigger::of(Duration{100})));
  bed.world.set_wall(timestamp_ms(1'050));
  windows->feed(visits({{3, 1, 1}}));
  EXPECT_EQ(windows->op().next_deadline().wall, timestamp_ms(1'101)) << "when the clock has passed 1100";
  bed.world.set_wall(timestamp_ms(1'101));
  windows->time();
  EXPECT_EQ(windows->take(), Strings{"1 all: 1 at 1100"});
  bed.world.set_wall(timestamp_ms(1'350));
  windows->time();
  EXPECT_EQ(windows->take(), (Strings{"1 all: 1 at 1200", "1 all: 1 at 1300"}));
}

TEST_F(Triggers, ByTheClockGoOnWhenTheWindowOfEventTimeHasLongEnded) {
  TriggeredBed windows(bed, windows_of_visits(tumbling(10), ContinuousProcessingTimeTrigger::of(Duration{100})));
  windows->feed(visits({{3, 1, 1}}));
  bed.world.set_wall(timestamp_ms(1'250));
  windows->time();
  EXPECT_EQ(windows->take(), (Strings{"1 [0, 10): 1", "1 [0, 10): 1"}));
  EXPECT_EQ(windows->op().next_deadline().wall, timestamp_ms(1'301));
}

TEST_F(Triggers, ByTheClockFireAtTheEndOfWindowsOfProcessingTime) {
  const AlignedWindows windows_by_clock(TumblingProcessingTime{Duration{250}});
  TriggeredBed windows(bed, windows_of_visits(windows_by_clock, ContinuousProcessingTimeTrigger::of(Duration{100})));
  windows->feed(visits({{3, 1, 1}}));
  bed.world.set_wall(timestamp_ms(1'400));
  windows->time();
  EXPECT_EQ(windows->take(), (Strings{"1 [1000, 1250): 1", "1 [1000, 1250): 1", "1 [1000, 1250): 1"}));
  EXPECT_EQ(windows.checkpoint().entries(), 0U);
}

TEST_F(Triggers, OfGlobalWindowsFireOnceMoreWhenTheyAreDrained) {
  TriggeredBed windows(bed, global(PurgingTrigger::of(ContinuousProcessingTimeTrigger::of(Duration{100}))), {},
                       {.drain = true});
  windows->feed(visits({{3, 1, 1}, {4, 2, 2}}));
  windows->watermark(Watermark::end());
  windows->end();
  EXPECT_EQ(windows.results(), (Strings{"1 all: 1 at 1100", "2 all: 2 at 1100", "the last watermark"}));
}

/// Fires, and purges, 5 ms of event time and 50 ms of the clock after each record; a session does when it merges.
struct Own {
  struct State {
    std::int64_t records = 0;
  };

  TriggerResult on_element(const Visit& visit, Timestamp time, const Window&, TriggerContext<State>& context) {
    ++context.state().records;
    if (visit.value == 0) {
      context.cancel_event_timer(time + Duration{4});
      return TriggerResult::kPurge;
    }
    context.set_event_timer(time + Duration{5});
    context.set_processing_timer(context.processing_time() + Duration{50});
    return TriggerResult::kContinue;
  }
  TriggerResult on_event_time(Timestamp, const Window&, TriggerContext<State>& context) {
    return context.state().records > 1 ? TriggerResult::kFire : TriggerResult::kContinue;
  }
  TriggerResult on_processing_time(Timestamp, const Window&, TriggerContext<State>&) {
    return TriggerResult::kFireAndPurge;
  }
  void merge(State& into, const State& from) { into.records += from.records; }
  void on_merge(const Window& window, TriggerContext<State>& context) {
    context.set_event_timer(window.start + Duration{50});
  }
};
WEIR_FIELDS(Own::State, records);

TEST_F(Triggers, OfOnesOwnHaveStateAndTimersForEachWindow) {
  TriggeredBed windows(bed, windows_of_visits(tumbling(100), Own{}));
  windows->feed(visits({{1, 1, 1}, {101, 1, 2}}));
  windows->watermark(7);
  EXPECT_EQ(windows->take(), Strings{"watermark 7"}) << "it was one record";
  windows->feed(visits({{8, 1, 3}, {8, 2, 4}}));
  windows->watermark(13);
  EXPECT_EQ(windows->take(), (Strings{"1 [0, 100): 1 3", "watermark 13"}));
  bed.world.set_wall(timestamp_ms(1'051));
  windows->time();
  EXPECT_EQ(windows.results(), (Strings{"1 [0, 100): 1 3", "1 [100, 200): 2", "2 [0, 100): 4"}));
  windows->feed(visits({{20, 1, 5}}));
  windows->watermark(25);
  EXPECT_EQ(windows->take(), (Strings{"1 [0, 100): 5", "watermark 25"})) << "what was purged is gone, the state is not";
}

TEST_F(Triggers, TakeTimersBack) {
  TriggeredBed windows(bed, windows_of_visits(tumbling(100), Own{}));
  windows->feed(visits({{10, 1, 1}, {11, 1, 0}, {11, 1, 2}}));
  windows->watermark(15);
  EXPECT_EQ(windows->take(), Strings{"watermark 15"}) << "at 15 it was to fire";
  windows->watermark(16);
  EXPECT_EQ(windows->take(), (Strings{"1 [0, 100): 2", "watermark 16"}));
}

TEST_F(Triggers, ForgetTheTimersOfSessionsThatMerge) {
  TriggeredBed windows(bed, windows_of_visits(SessionWindows::with_gap(Duration{100}), Own{}));
  windows->feed(visits({{10, 1, 1}, {12, 1, 2}}));
  windows->watermark(16);
  EXPECT_EQ(windows->take(), Strings{"watermark 16"}) << "the timer at 15 is gone";
  windows->watermark(17);
  windows->watermark(60);
  EXPECT_EQ(windows->take(), (Strings{"1 [10, 112): 1 2", "watermark 17", "1 [10, 112): 1 2", "watermark 60"}));
}

TEST_F(Triggers, FireAtOnceForATimeThatHasPassed) {
  TriggeredBed windows(bed, windows_of_visits(tumbling(100), Own{}));
  windows->watermark(50);
  windows->feed(visits({{3, 1, 1}, {4, 1, 2}, {70, 1, 3}}));
  EXPECT_EQ(windows->take(), (Strings{"watermark 50", "1 [0, 100): 1 2"}));
}

/// Sets a timer that is out of range.
struct TooLate {
  TriggerResult on_element(const Visit&, Timestamp, const Window&, TriggerContext<>& context) const {
    context.set_event_timer(kMaxTimestamp + Duration{1});
    return TriggerResult::kContinue;
  }
};

TEST_F(Triggers, SetTimersWithinRange) {
  TriggeredBed windows(bed, windows_of_visits(tumbling(100), TooLate{}));
  EXPECT_EQ(
      error_of([&] { windows->feed(visits({{3, 1, 1}})); }),
      "record 0 of its batch (Visit(1,1)) at 3 ms: a trigger sets a timer for 250000000000001 ms, which is out of "
      "range: times go from -250000000000000 to 250000000000000 ms");
}

/// Throws at its timer.
struct Throwing : EventTimeTrigger {
  TriggerResult on_event_time(Timestamp, const Window&, TriggerContext<>&) const { throw UserError("no"); }
};

TEST_F(Triggers, NameTheTimerAtWhichTheyThrow) {
  TriggeredBed windows(bed, windows_of_visits(tumbling(100), Throwing{}));
  windows->feed(visits({{3, 7, 1}}));
  EXPECT_EQ(error_of([&] { windows->watermark(99); }), "timer at 99 ms of 7: no");
}

// ---- Evictors.

TEST_F(Triggers, WithACountEvictorGiveTheLastRecords) {
  TriggeredBed windows(bed,
                       evicted_windows_of_visits(GlobalWindows::create(), CountTrigger::of(2), CountEvictor::of(3)));
  windows->feed(visits({{1, 1, 1}, {2, 1, 2}, {3, 1, 3}, {4, 1, 4}, {5, 1, 5}, {6, 1, 6}}));
  EXPECT_EQ(windows->take(), (Strings{"1 all: 1 2 at 2", "1 all: 2 3 4 at 4", "1 all: 4 5 6 at 6"}));
}

TEST_F(Triggers, WithAnEvictorBehindTheFunctionGiveAllFirst) {
  TriggeredBed windows(
      bed, evicted_windows_of_visits(GlobalWindows::create(), CountTrigger::of(2), CountEvictor::of(1, Evict::kAfter)));
  windows->feed(visits({{1, 1, 1}, {2, 1, 2}, {3, 1, 3}, {4, 1, 4}}));
  EXPECT_EQ(windows->take(), (Strings{"1 all: 1 2 at 2", "1 all: 2 3 4 at 4"}));
}

TEST_F(Triggers, WithATimeEvictorGiveWhatIsRecent) {
  TriggeredBed windows(
      bed, evicted_windows_of_visits(tumbling(100), EndOfWindowTrigger{true}, TimeEvictor::of(Duration{10})));
  windows->feed(visits({{20, 1, 1}, {10, 1, 2}, {11, 1, 3}, {3, 2, 4}}));
  windows->watermark(99);
  EXPECT_EQ(windows.results(), (Strings{"1 [0, 100): 1 3", "2 [0, 100): 4"}));
}

TEST_F(Triggers, GiveNoResultWhenNothingIsLeft) {
  TriggeredBed windows(bed, evicted_windows_of_visits(tumbling(100), EndOfWindowTrigger{true}, CountEvictor::of(0)));
  windows->feed(visits({{20, 1, 1}}));
  windows->watermark(99);
  EXPECT_EQ(windows->take(), Strings{"watermark 99"});
}

// ---- Across failures.

TEST_F(Triggers, AreRestoredWithTheirStateAndTimers) {
  const auto spec = windows_of_visits(tumbling(100), Own{});
  TriggeredBed before(bed, spec);
  before->feed(visits({{10, 1, 1}, {11, 1, 2}}));
  const TriggeredCheckpoint checkpoint = before.checkpoint();
  TriggeredBed after(bed, spec, checkpoint);
  after->watermark(15);
  after->watermark(16);
  EXPECT_EQ(after->take(), (Strings{"1 [0, 100): 1 2", "watermark 15", "1 [0, 100): 1 2", "watermark 16"}));
  bed.world.set_wall(timestamp_ms(1'051));
  after->time();
  EXPECT_EQ(after->take(), Strings{"1 [0, 100): 1 2"});
}

/// Records and watermarks, a checkpoint in the middle of them, brought back at another parallelism.
template <class Spec>
void expect_the_same_when_restored(std::mt19937_64& random, const Spec& spec) {
  StateBed bed;
  bed.world.freeze_wall();
  const auto parallelism = [&] { return static_cast<std::uint32_t>(random() % 3 + 1); };
  TriggeredBed whole(bed, spec, {}, {.parallelism = parallelism()});
  std::optional<TriggeredBed<Spec>> restored;
  const std::size_t barrier = random() % 30;
  std::int64_t time = 0;
  for (std::size_t step = 0; step < 30; ++step) {
    if (step == barrier)
      restored.emplace(bed, spec, whole.checkpoint(),
                       typename TriggeredBed<Spec>::Options{.parallelism = parallelism()});
    for (std::size_t n = random() % 6; n > 0; --n) {
      const VisitAt visit{time + static_cast<std::int64_t>(random() % 40) - 20, static_cast<int>(random() % 5),
                          static_cast<std::int64_t>(random() % 4)};
      whole.feed(visit);
      if (restored) restored->feed(visit);
    }
    time += static_cast<std::int64_t>(random() % 12);
    whole.watermark(time);
    if (restored) restored->watermark(time);
    const Strings expected = whole.results();
    if (!restored) continue;
    ASSERT_EQ(restored->results(), expected) << "after " << step - barrier << " more";
  }
}

RC_GTEST_PROP(RestoredTriggers, DoWhatTheOthersDoAtAnyParallelism, (std::uint64_t seed)) {
  std::mt19937_64 random(seed);
  switch (random() % 5) {
    case 0:
      return expect_the_same_when_restored(random, windows_of_visits(sliding(30, 10), Own{}, Duration{20}));
    case 1:
      return expect_the_same_when_restored(
          random, windows_of_visits(SessionWindows::with_gap(Duration{10}), ContinuousEventTimeTrigger::of(Duration{7}),
                                    Duration{10}));
    case 2:
      return expect_the_same_when_restored(random, global(PurgingTrigger::of(CountTrigger::of(3))));
    case 3:
      return expect_the_same_when_restored(
          random, evicted_windows_of_visits(SessionWindows::with_gap(Duration{12}), CountTrigger::of(2),
                                            TimeEvictor::of(Duration{15})));
    default:
      return expect_the_same_when_restored(
          random, evicted_windows_of_visits(GlobalWindows::create(), CountTrigger::of(2), CountEvictor::of(3)));
  }
}

// ---- Building a job.

TEST(BuildingWindows, RefusesNumbersThatMeanNothing) {
  EXPECT_EQ(error_of([] { CountTrigger::of(0); }), "CountTrigger: the count must be positive, it is 0");
  EXPECT_EQ(error_of([] { ContinuousEventTimeTrigger::of(Duration{0}); }),
            "ContinuousEventTimeTrigger: the interval must be from 1 ms to 100000000000000 ms, it is 0 ms");
  EXPECT_EQ(error_of([] { ContinuousProcessingTimeTrigger::of(Duration{-1}); }),
            "ContinuousProcessingTimeTrigger: the interval must be from 1 ms to 100000000000000 ms, it is -1 ms");
  EXPECT_EQ(error_of([] { CountEvictor::of(-1); }), "CountEvictor: the count must not be negative, it is -1");
  EXPECT_EQ(error_of([] { TimeEvictor::of(Duration{0}); }),
            "TimeEvictor: the time to keep must be from 1 ms to 100000000000000 ms, it is 0 ms");
  Environment env{Arguments({})};
  const auto keyed = env.from_values<Visit>({{1, 1}}).key_by(&Visit::key);
  EXPECT_EQ(error_of([&] { keyed.count_window(0); }),
            "count_window: count and slide must be positive: count 0, slide 0");
  EXPECT_EQ(error_of([&] { keyed.count_window(3, 0); }),
            "count_window: count and slide must be positive: count 3, slide 0");
}

TEST(BuildingWindows, RefusesTriggersThatGoByAnotherTime) {
  Environment env{Arguments({})};
  const auto keyed = env.from_values<Visit>({{1, 1}}).key_by(&Visit::key);
  const auto windows = keyed.window(TumblingProcessingTime{Duration{10}});
  EXPECT_EQ(
      error_of([&] { windows.trigger(EventTimeTrigger()); }),
      "EventTimeTrigger goes by watermarks, but these windows end by the wall clock: use ProcessingTimeTrigger, or "
      "windows of event time");
  EXPECT_EQ(error_of([&] { windows.trigger(PurgingTrigger::of(ContinuousEventTimeTrigger::of(Duration{1}))); }),
            "ContinuousEventTimeTrigger goes by watermarks, but these windows end by the wall clock: use "
            "ContinuousProcessingTimeTrigger, or windows of event time");
}

TEST(BuildingWindows, RefusesLatenessWhereNothingIsLate) {
  Environment env{Arguments({})};
  const auto keyed = env.from_values<Visit>({{1, 1}}).key_by(&Visit::key);
  EXPECT_EQ(error_of([&] { keyed.window(GlobalWindows::create()).allowed_lateness(Duration{1}); }),
            "allowed_lateness: nothing is late in global windows; leave it out or use a window of event time");
  EXPECT_EQ(error_of([&] {
              keyed.window(ProcessingTimeSessionWindows::with_gap(Duration{1})).allowed_lateness(Duration{1});
            }),
            "allowed_lateness: nothing is late in processing time; leave it out or use a window of event time");
  EXPECT_EQ(error_of([&] { keyed.window(SessionWindows::with_gap(Duration{1})).allowed_lateness(Duration{-1}); }),
            "allowed_lateness: -1 ms is not a time from 0 to 100000000000000 ms");
}

}  // namespace
}  // namespace weir
