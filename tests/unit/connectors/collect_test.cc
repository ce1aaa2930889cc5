#include "weir/connectors/collect/collect.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sink_task.h"

namespace weir::connectors {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CollectSink, ShowsRecordsWhenTheyAreDelivered) {
  sim::World world(1);
  const auto collected = std::make_shared<Collected<std::string>>();
  SinkTask<std::string> task(world, *collect(collected));
  task.write({"a", "b"});
  task.write({"c"});
  task.seal();
  task.run();
  EXPECT_THAT(collected->snapshot(), IsEmpty());
  task.deliver();
  task.run();
  EXPECT_THAT(collected->snapshot(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(collected->take(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(collected->snapshot(), IsEmpty());
}

TEST(CollectSink, NeverShowsWhatAFailedAttemptWrote) {
  sim::World world(1);
  const auto collected = std::make_shared<Collected<std::string>>();
  const auto sink = collect(collected);
  {
    SinkTask<std::string> failed(world, *sink);
    failed.write({"a"});
    failed.run();
  }
  {
    SinkTask<std::string> half_delivered(world, *sink);
    half_delivered.write({"b"});
    half_delivered.finish();
  }
  sink->prepare(world, false);
  SinkTask<std::string> task(world, *sink);
  task.write({"c"});
  task.finish();
  EXPECT_THAT(collected->snapshot(), ElementsAre("c"));
}

TEST(CollectSink, ShowsRecordsAtOnceWhenToldSoAndForgetsThemAtARestart) {
  sim::World world(1);
  const auto collected = std::make_shared<Collected<std::string>>();
  const auto sink = collect(collected, CollectWhen::kImmediately);
  SinkTask<std::string> task(world, *sink);
  task.write({"a"});
  task.run();
  EXPECT_THAT(collected->snapshot(), ElementsAre("a"));
  task.finish();
  EXPECT_THAT(collected->snapshot(), ElementsAre("a")) << "and not again";
  sink->prepare(world, false);
  EXPECT_THAT(collected->snapshot(), IsEmpty());
}

}  // namespace
}  // namespace weir::connectors
