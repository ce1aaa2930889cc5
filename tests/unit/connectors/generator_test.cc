#include "weir/connectors/generator/generator.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

#include "source_task.h"

namespace weir::connectors {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

std::uint64_t itself(std::uint64_t index) { return index; }

std::vector<std::uint64_t> up_to(std::uint64_t end) {
  std::vector<std::uint64_t> indexes(end);
  std::iota(indexes.begin(), indexes.end(), 0);
  return indexes;
}

struct Reading {
  Reading(sim::World& in, std::shared_ptr<const Source> source)
      : world(in),
        task(
            in, std::move(source),
            [this](const std::uint64_t& index, Timestamp timestamp) {
              indexes.push_back(index);
              timestamps.push_back(timestamp);
              times.push_back(world.now());
            },
            4) {}

  sim::World& world;
  std::vector<std::uint64_t> indexes;
  std::vector<Timestamp> timestamps;
  std::vector<MonotonicTime> times;
  SourceTask<std::uint64_t> task;
};

TEST(Generator, MakesAsManyRecordsAsItIsTold) {
  sim::World world(1);
  Reading reading(world, generator({.count = 10}, itself));
  reading.task.run();
  EXPECT_THAT(reading.indexes, ElementsAreArray(up_to(10)));
  EXPECT_THAT(reading.timestamps, testing::Each(kNoTimestamp));
  EXPECT_THAT(reading.task.finished(), ElementsAre(SplitIndex(0)));
}

TEST(Generator, SharesTheIndexesOutAmongItsSplitsAndTakesTurns) {
  sim::World world(1);
  Reading reading(world, generator({.count = 23, .splits = 3}, itself));
  reading.task.run();
  EXPECT_THAT(reading.indexes, UnorderedElementsAreArray(up_to(23)));
  EXPECT_THAT(std::vector(reading.indexes.begin(), reading.indexes.begin() + 8), ElementsAre(0, 3, 6, 9, 1, 4, 7, 10));
  EXPECT_EQ(reading.task.finished().size(), 3);
  for (const auto& sent : reading.task.sent()) EXPECT_LE(sent.records, 4);
}

TEST(Generator, EndsAtOnceWithoutRecordsOrWithoutWorkForASplit) {
  sim::World world(1);
  Reading nothing(world, generator({.count = 0, .splits = 2}, itself));
  nothing.task.run();
  EXPECT_THAT(nothing.indexes, IsEmpty());
  Reading little(world, generator({.count = 1, .records_per_second = 10, .splits = 2}, itself));
  little.task.run();
  EXPECT_THAT(little.indexes, ElementsAre(0));
}

TEST(Generator, GivesTheTimestampsOfAFunctionOfTheIndex) {
  sim::World world(1);
  Reading reading(world,
                  generator({.count = 3}, itself, [](std::uint64_t i) { return timestamp_ms(std::int64_t(100 * i)); }));
  reading.task.run();
  EXPECT_THAT(reading.timestamps, ElementsAre(timestamp_ms(0), timestamp_ms(100), timestamp_ms(200)));
}

TEST(Generator, RefusesATimestampBeyondWhatCanBeCounted) {
  sim::World world(1);
  Reading reading(world, generator({.count = 3}, itself, [](std::uint64_t) { return Timestamp::max(); }));
  EXPECT_THAT(message_of<UserError>([&] { reading.task.run(); }),
              AllOf(HasSubstr("source 'in'"), HasSubstr("record 0")));
}

TEST(Generator, EmitsEachRecordWhenItIsDueAndNotBefore) {
  sim::World world(3);
  Reading reading(world, generator({.count = 50, .records_per_second = 10, .splits = 2}, itself));
  const MonotonicTime before = world.now();
  reading.task.run();
  const MonotonicTime begin = reading.times.front();
  EXPECT_THAT(reading.indexes, UnorderedElementsAreArray(up_to(50)));
  for (std::size_t i = 0; i < reading.indexes.size(); ++i) {
    const auto due = reading.indexes[i] * 100ms;
    EXPECT_GE(reading.times[i], before + due) << reading.indexes[i];
    EXPECT_LE(reading.times[i], begin + due + 20ms) << reading.indexes[i];
  }
}

TEST(Generator, KeepsUpItsRateAboveWhatTimersCanTell) {
  sim::World world(3);
  Reading reading(world, generator({.count = 20'000, .records_per_second = 10'000}, itself));
  reading.task.run();
  const auto took = reading.times.back() - reading.times.front();
  EXPECT_GE(took, 1990ms);
  EXPECT_LE(took, 2050ms);
}

TEST(Generator, CatchesUpAfterItWasHeldBack) {
  sim::World world(3);
  Reading reading(world, generator({.count = 1000, .records_per_second = 100}, itself));
  reading.task.discover();
  world.run_for(1s);
  reading.task.hold();
  const std::size_t before = reading.indexes.size();
  world.run_for(5s);
  EXPECT_EQ(reading.indexes.size(), before);
  reading.task.release();
  world.run_for(100ms);
  EXPECT_GE(reading.indexes.size(), 600);
  EXPECT_LE(reading.indexes.size(), 612);
}

TEST(Generator, GoesOnFromThePositionsOfAnEarlierReaderAtItsRateFromThereOn) {
  sim::World world(5);
  const auto source = generator({.count = 40, .records_per_second = 10, .splits = 3}, itself);
  Reading first(world, source);
  first.task.discover();
  world.run_for(2s);
  const std::vector<Split> splits = first.task.reader().splits();
  first.task.hold();
  EXPECT_GE(first.indexes.size(), 18);
  EXPECT_LE(first.indexes.size(), 21);

  world.run_for(60s);
  Reading second(world, source);
  for (const Split& split : splits) second.task.assign(split);
  second.task.no_more_splits();
  const MonotonicTime begin = world.now();
  second.task.run_to_end();
  EXPECT_GE(world.now() - begin, 1700ms) << "not all at once, though all was due long ago";
  std::vector<std::uint64_t> both = first.indexes;
  both.insert(both.end(), second.indexes.begin(), second.indexes.end());
  EXPECT_THAT(both, UnorderedElementsAreArray(up_to(40)));
}

TEST(Generator, IsBoundedIfItHasACountAndReplayableAlways) {
  EXPECT_TRUE(generator({.count = 1}, itself)->bounded());
  EXPECT_FALSE(generator({}, itself)->bounded());
  EXPECT_TRUE(generator({}, itself)->replayable());
}

TEST(Generator, RefusesOptionsThatCannotBeMeant) {
  EXPECT_THAT(message_of<UsageError>([] { generator({.splits = 0}, itself); }), HasSubstr("at least 1"));
  for (const double rate : {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THAT(message_of<UsageError>([&] { generator({.records_per_second = rate}, itself); }),
                HasSubstr("records per second"));
}

TEST(IndexRange, RefusesWhatIsNoSplitOfAGenerator) {
  for (const Split& split : {Split{"x", ""}, Split{"1", ""}, Split{"1/", ""}, Split{"4/4", ""}, Split{"1/4x", ""}})
    EXPECT_THAT(message_of<CorruptionError>([&] { IndexRange({}, split, {}); }), HasSubstr("'" + split.id + "'"));
  EXPECT_THAT(message_of<CorruptionError>([&] { IndexRange({}, {"1/4", "8"}, {}); }), HasSubstr("index 8"));
}

TEST(IndexRange, RefusesToGoOnBehindACountThatBecameSmaller) {
  EXPECT_TRUE(IndexRange({.count = 10}, {"1/4", "13"}, {}).ended()) << "9 was the last";
  EXPECT_THAT(message_of<UserError>([] { IndexRange({.count = 9}, {"1/4", "13"}, {}); }),
              AllOf(HasSubstr("index 13"), HasSubstr("only 9")));
}

TEST(Generator, TellsSplitsThatEndedTooAndEndsThemAgain) {
  sim::World world(1);
  const auto source = generator({.count = 5, .splits = 3}, itself);
  Reading first(world, source);
  first.task.run();
  const std::vector<Split> splits = first.task.reader().splits();
  EXPECT_EQ(splits.size(), 3);
  Reading second(world, source);
  for (const Split& split : splits) second.task.assign(split);
  second.task.no_more_splits();
  second.task.run_to_end();
  EXPECT_TRUE(second.indexes.empty());
  EXPECT_EQ(second.task.finished().size(), 3);
  EXPECT_EQ(second.task.reader().splits(), splits);
}

TEST(IndexRange, IsEndlessWithoutACount) {
  IndexRange range({}, {"0/1", "1000000000000000000"}, {});
  EXPECT_FALSE(range.ended());
  EXPECT_GT(range.due_end({}), range.next());
}

}  // namespace
}  // namespace weir::connectors
