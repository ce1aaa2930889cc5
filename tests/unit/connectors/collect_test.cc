#include "weir/connectors/collect/collect.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

#include "sink_task.h"
#include "source_task.h"

namespace weir::connectors {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Texts = Collected<std::string>;

TEST(CollectSink, ShowsRecordsWhenTheyAreDelivered) {
  sim::World world(1);
  const auto collected = std::make_shared<Texts>();
  const auto sink = collect(collected);
  SinkTask<std::string> task(world, sink);
  task.write({"a", "b"});
  task.write({"c"});
  task.barrier(0);
  const StagedOutputs staged = task.staged();
  EXPECT_THAT(collected->snapshot(), IsEmpty());
  sink->deliver(world, staged);
  EXPECT_THAT(collected->snapshot(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(collected->take(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(collected->snapshot(), IsEmpty());
}

TEST(CollectSink, DeliversOnceHoweverOftenItIsTold) {
  sim::World world(1);
  const auto collected = std::make_shared<Texts>();
  const auto sink = collect(collected);
  SinkTask<std::string> task(world, sink);
  task.write({"a"});
  task.barrier(1);
  const StagedOutputs first = task.staged();
  sink->deliver(world, first);
  task.write({"b"});
  task.barrier(2);
  EXPECT_THAT(task.staged(), SizeIs(2)) << "the first is not known to be completed";
  for (int i = 0; i < 2; ++i) sink->deliver(world, task.staged());
  EXPECT_THAT(collected->snapshot(), ElementsAre("a", "b"));
  task.writer().completed(CheckpointId(1));
  EXPECT_THAT(task.staged(), SizeIs(1));
  task.writer().completed(CheckpointId(2));
  EXPECT_THAT(task.staged(), IsEmpty());
}

TEST(CollectSink, StagesNothingForABarrierWithoutRecordsAndKeepsSubtasksApart) {
  sim::World world(1);
  const auto collected = std::make_shared<Texts>();
  const auto sink = collect(collected);
  SinkTask<std::string> first(world, sink, 0, 2);
  SinkTask<std::string> second(world, sink, 1, 2);
  second.write({"b"});
  for (auto* task : {&first, &second}) task->barrier(7);
  EXPECT_THAT(first.staged(), IsEmpty());
  const StagedOutputs staged = second.staged();
  ASSERT_THAT(staged, SizeIs(1));
  EXPECT_EQ(staged.front().checkpoint, CheckpointId(7));
  EXPECT_EQ(staged.front().subtask, SubtaskIndex(1));
}

TEST(CollectSink, GoesOnInAnotherProcessWithWhatItsCheckpointHolds) {
  sim::World world(1);
  const auto collected = std::make_shared<Texts>();
  StagedOutputs kept;
  {
    const auto sink = collect(collected);
    SinkTask<std::string> task(world, sink);
    task.write({"a"});
    task.barrier(1);
    kept = task.staged();
    task.write({"lost"});
    task.barrier(2);
    task.staged();
    world.kill_process();
  }
  world.start_process();
  const auto sink = collect(collected);
  sink->recover(world, kept);
  EXPECT_EQ(collected->staged(), 1U);
  sink->deliver(world, kept);
  SinkTask<std::string> task(world, sink);
  task.write({"b"});
  task.finish();
  EXPECT_THAT(collected->snapshot(), ElementsAre("a", "b"));
}

TEST(CollectSink, NamesOutputThatIsNeitherStagedNorDelivered) {
  sim::World world(1);
  const auto sink = collect(std::make_shared<Texts>());
  EXPECT_THAT(message_of<CorruptionError>([&] { sink->deliver(world, {{CheckpointId(1), SubtaskIndex(0), "17"}}); }),
              HasSubstr("'17'"));
}

TEST(CollectSink, NeverShowsWhatAFailedAttemptWrote) {
  sim::World world(1);
  const auto collected = std::make_shared<Texts>();
  const auto sink = collect(collected);
  {
    SinkTask<std::string> failed(world, sink);
    failed.write({"a"});
    failed.barrier(1);
    failed.run();
  }
  {
    SinkTask<std::string> half_delivered(world, sink);
    half_delivered.write({"b"});
    half_delivered.finish();
  }
  sink->prepare(world, false);
  EXPECT_EQ(collected->staged(), 0U);
  SinkTask<std::string> task(world, sink);
  task.write({"c"});
  task.finish();
  EXPECT_THAT(collected->snapshot(), ElementsAre("c"));
}

TEST(CollectSink, ShowsRecordsAtOnceWhenToldSoAndForgetsThemWhenTheJobBeginsAgain) {
  sim::World world(1);
  const auto collected = std::make_shared<Texts>();
  const auto sink = collect(collected, CollectWhen::kImmediately);
  SinkTask<std::string> task(world, sink);
  task.write({"a"});
  task.run();
  EXPECT_THAT(collected->snapshot(), ElementsAre("a"));
  task.finish();
  EXPECT_THAT(collected->snapshot(), ElementsAre("a")) << "and not again";
  sink->recover(world, {});
  EXPECT_THAT(collected->snapshot(), ElementsAre("a")) << "it goes on";
  sink->prepare(world, false);
  EXPECT_THAT(collected->snapshot(), IsEmpty());
}

TEST(CollectSink, PromisesExactlyOnceUnlessItShowsRecordsAtOnce) {
  const auto collected = std::make_shared<Texts>();
  EXPECT_EQ(collect(collected)->guarantee(), Guarantee::kExactlyOnce);
  EXPECT_EQ(collect(collected, CollectWhen::kImmediately)->guarantee(), Guarantee::kAtLeastOnce);
}

}  // namespace
}  // namespace weir::connectors
