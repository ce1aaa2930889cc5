#include "weir/connectors/values/values.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source_task.h"

namespace weir::connectors {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Reading {
  Reading(sim::World& world, std::shared_ptr<const Source> source, std::size_t batch_size = 2)
      : task(
            world, std::move(source),
            [this](const std::string& value, Timestamp timestamp) {
              values.push_back(value);
              timestamps.push_back(timestamp);
            },
            batch_size) {}

  std::vector<std::string> values;
  std::vector<Timestamp> timestamps;
  SourceTask<std::string> task;
};

TEST(ValuesSource, EmitsItsValuesInOrderBatchByBatch) {
  sim::World world(1);
  Reading reading(world, values<std::string>({"a", "b", "c", "d", "e"}));
  reading.task.run();
  EXPECT_THAT(reading.values, ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(reading.timestamps, testing::Each(kNoTimestamp));
  EXPECT_EQ(reading.task.sent().size(), 3);
  EXPECT_THAT(reading.task.finished(), ElementsAre(SplitIndex(0)));
}

TEST(ValuesSource, EndsWithoutValues) {
  sim::World world(1);
  Reading reading(world, values<std::string>({}));
  reading.task.run();
  EXPECT_THAT(reading.values, IsEmpty());
}

TEST(ValuesSource, GivesTheTimestampsThatAFunctionFinds) {
  sim::World world(1);
  Reading reading(world,
                  values<std::string>({"a", "bbb"}, [](const std::string& v) { return timestamp_ms(std::ssize(v)); }));
  reading.task.run();
  EXPECT_THAT(reading.timestamps, ElementsAre(timestamp_ms(1), timestamp_ms(3)));
}

TEST(ValuesSource, RefusesATimestampBeyondWhatCanBeCounted) {
  sim::World world(1);
  Reading reading(world, values<std::string>({"a"}, [](const std::string&) { return Timestamp::max(); }));
  EXPECT_THAT(message_of<UserError>([&] { reading.task.run(); }),
              AllOf(HasSubstr("source 'in'"), HasSubstr("value 0")));
}

TEST(ValuesSource, GoesOnFromAPosition) {
  sim::World world(1);
  const auto source = values<std::string>({"a", "b", "c"});
  Reading first(world, source);
  first.task.assign({"values", ""});
  world.run_until([&] { return !first.values.empty(); });
  const auto splits = first.task.reader().splits();
  ASSERT_EQ(splits.size(), 1);
  EXPECT_EQ(splits[0].id, "values");
  EXPECT_EQ(splits[0].position, "2");
  Reading second(world, source);
  second.task.assign(splits[0]);
  second.task.no_more_splits();
  second.task.run_to_end();
  EXPECT_THAT(second.values, ElementsAre("c"));
}

TEST(ValuesSource, RefusesAPositionBehindItsEnd) {
  sim::World world(1);
  Reading reading(world, values<std::string>({"a"}));
  reading.task.assign({"values", "2"});
  EXPECT_THAT(message_of<UserError>([&] { reading.task.run_to_end(); }),
              AllOf(HasSubstr("go on at value 2"), HasSubstr("only 1")));
}

TEST(ValuesSource, IsBoundedAndReplayable) {
  EXPECT_TRUE(values<int>({1})->bounded());
  EXPECT_TRUE(values<int>({1})->replayable());
}

}  // namespace
}  // namespace weir::connectors
