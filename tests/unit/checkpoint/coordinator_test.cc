#include "weir/checkpoint/coordinator.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_job.h"

namespace weir::checkpoint {
namespace {

using sim::World;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

TEST(Coordinator, StartsEmptyWhereNothingIs) {
  World world(1);
  FakeJob job(world);
  EXPECT_EQ(Opened::Kind::kFresh, job.open().kind);
  EXPECT_EQ(GenerationId(1), job.coordinator->generation());
}

TEST(Coordinator, TriggersOncePerIntervalWithRisingIds) {
  World world(2);
  FakeJob job(world);
  job.start();
  const MonotonicTime begun = world.now();
  job.run_until_triggered(3);
  EXPECT_EQ(CheckpointId(1), job.triggers[0].checkpoint);
  EXPECT_EQ(CheckpointId(2), job.triggers[1].checkpoint);
  EXPECT_EQ(CheckpointId(3), job.triggers[2].checkpoint);
  EXPECT_GE(world.now() - begun, 3s);
  EXPECT_LT(world.now() - begun, 3s + 100ms);
}

TEST(Coordinator, CompletesACheckpointWhenAllSubtasksHaveAcknowledged) {
  World world(3);
  FakeJob job(world);
  job.open();
  job.begin();
  job.run_until_triggered(1);
  job.acknowledge_source(CheckpointId(1));
  job.acknowledge_sink(CheckpointId(1), 1);
  world.run_for(1s);
  EXPECT_THAT(job.completed, IsEmpty());
  job.acknowledge_sink(CheckpointId(1), 0);
  job.run_until_completed(1);
  EXPECT_EQ(CheckpointId(1), job.completed[0]->checkpoint);
  EXPECT_EQ("1", position_in(*job.completed[0]));
  EXPECT_EQ(3u, job.completed[0]->operators.size());
}

TEST(Coordinator, GoesOnFromTheNewestCompletedCheckpointAfterPowerLoss) {
  World world(4);
  {
    FakeJob job(world);
    job.start();
    job.run_until_completed(3);
    world.lose_power();
  }
  world.start_process();
  FakeJob again(world);
  const Opened opened = again.open();
  ASSERT_EQ(Opened::Kind::kRestored, opened.kind);
  EXPECT_EQ("3", position_in(*opened.manifest));
  EXPECT_EQ(0u, world.misplaced_file_calls());
}

// ---- acknowledgements -------------------------------------------------------------------------------------------

TEST(Coordinator, RefusesAndCountsAcknowledgementsOfAnEarlierAttempt) {
  World world(5);
  FakeJob job(world);
  job.open();
  job.begin(1);
  job.run_until_triggered(1);
  job.coordinator->end_attempt();
  job.restore();
  job.begin(2);
  job.run_until_triggered(2);
  const CheckpointId now = job.triggers[1].checkpoint;
  // The same checkpoint, by tasks of the first attempt.
  job.coordinator->acknowledge(AttemptId(1), now, TaskIndex(0), SubtaskIndex(0), job.source_snapshot(666));
  EXPECT_EQ(1u, job.coordinator->statistics().refused_acks);
  job.acknowledge_all(now);
  job.run_until_completed(1);
  EXPECT_EQ(std::to_string(now.value()), position_in(*job.completed[0]));
}

TEST(Coordinator, RefusesAcknowledgementsThatComeTwiceOrForAnotherCheckpoint) {
  World world(6);
  FakeJob job(world);
  job.open();
  job.begin();
  job.run_until_triggered(1);
  job.acknowledge_source(CheckpointId(1));
  job.coordinator->acknowledge(AttemptId(1), CheckpointId(1), TaskIndex(0), SubtaskIndex(0), job.source_snapshot(666));
  job.acknowledge_sink(CheckpointId(2), 0);
  EXPECT_EQ(2u, job.coordinator->statistics().refused_acks);
  job.acknowledge_sink(CheckpointId(1), 0);
  job.acknowledge_sink(CheckpointId(1), 1);
  job.run_until_completed(1);
  EXPECT_EQ("1", position_in(*job.completed[0]));
}

TEST(Coordinator, RefusesAcknowledgementsOfACheckpointThatWasGivenUp) {
  World world(6);
  FakeJob job(world);
  job.open();
  job.begin();
  job.run_until_triggered(1);
  job.coordinator->decline(AttemptId(1), CheckpointId(1), TaskIndex(1), SubtaskIndex(1), "busy");
  job.run_until_triggered(2);
  // What a task held at the first barrier, told when the second has been sent already.
  job.acknowledge_source(CheckpointId(1));
  job.acknowledge_sink(CheckpointId(1), 0);
  EXPECT_EQ(2u, job.coordinator->statistics().refused_acks);
  job.acknowledge_all(CheckpointId(2));
  job.run_until_completed(1);
  EXPECT_EQ("2", position_in(*job.completed[0]));
}

TEST(Coordinator, AbortsACheckpointThatTakesTooLongAndNamesWhoIsMissing) {
  World world(7);
  FakeJob job(world);
  job.open();
  job.begin();
  job.run_until_triggered(1);
  job.acknowledge_source(CheckpointId(1));
  job.acknowledge_sink(CheckpointId(1), 0);
  job.run_until_aborted(1);
  EXPECT_EQ(CheckpointId(1), job.aborted[0].first);
  EXPECT_THAT(job.aborted[0].second, HasSubstr("longer than 10 s"));
  EXPECT_THAT(job.aborted[0].second, HasSubstr("not acknowledged by 'files' (2/2)"));
  job.acknowledge_sink(CheckpointId(1), 1);
  job.answers = true;
  job.run_until_completed(1);
  EXPECT_EQ(CheckpointId(2), job.completed[0]->checkpoint);
}

TEST(Coordinator, AbortsACheckpointThatATaskDeclines) {
  World world(8);
  FakeJob job(world);
  job.open();
  job.begin();
  job.run_until_triggered(1);
  job.coordinator->decline(AttemptId(1), CheckpointId(1), TaskIndex(1), SubtaskIndex(0), "still at the last one");
  job.run_until_aborted(1);
  EXPECT_EQ("declined by 'files' (1/2): still at the last one", job.aborted[0].second);
  EXPECT_EQ(1u, job.coordinator->statistics().failed);
  job.answers = true;
  job.run_until_completed(1);
  EXPECT_EQ(0u, job.coordinator->statistics().failed_in_a_row);
}

TEST(Coordinator, NeverCompletesWhatLeavesKeyGroupsOut) {
  World world(9);
  FakeJob job(world);
  job.open();
  job.begin();
  job.run_until_triggered(1);
  TaskSnapshot snapshot = job.source_snapshot(1);
  snapshot.operators[0].keyed = StateHandle{{0, 15}, {}, {}, {}, 0};  // of 16
  job.coordinator->acknowledge(AttemptId(1), CheckpointId(1), TaskIndex(0), SubtaskIndex(0), snapshot);
  job.acknowledge_sink(CheckpointId(1), 0);
  job.acknowledge_sink(CheckpointId(1), 1);
  job.run_until_aborted(1);
  EXPECT_THAT(job.aborted[0].second, HasSubstr("'numbers' leave key groups out"));
}

// ---- pace -------------------------------------------------------------------------------------------------------

TEST(Coordinator, WaitsTheMinimumPauseAfterAnEnd) {
  World world(10);
  Options options = options_for_test();
  options.minimum_pause = Duration(3000);
  FakeJob job(world, options);
  job.start();
  job.run_until_completed(1);
  const MonotonicTime ended = world.now();
  job.run_until_triggered(2);
  EXPECT_GE(world.now() - ended, 3s - 1ms);
  EXPECT_LT(world.now() - ended, 3s + 100ms);
}

TEST(Coordinator, WaitsLongerWithEveryCheckpointInARowThatFailed) {
  World world(10);
  Options options = options_for_test();
  options.interval = Duration(1);
  FakeJob job(world, options);
  job.open();
  job.begin();
  std::vector<std::chrono::nanoseconds> pauses;
  for (std::size_t failures = 1; failures <= 16; ++failures) {
    job.run_until_triggered(failures);
    job.coordinator->decline(AttemptId(1), job.triggers.back().checkpoint, TaskIndex(0), SubtaskIndex(0), "busy");
    job.run_until_aborted(failures);
    const MonotonicTime ended = world.now();
    job.run_until_triggered(failures + 1);
    pauses.push_back(world.now() - ended);
  }
  for (std::size_t failures = 1; failures <= 16; ++failures) {
    const auto least = std::min<std::chrono::nanoseconds>(1ms * (1 << (failures - 1)), 10s);
    EXPECT_GE(pauses[failures - 1], least - 1ms) << failures;
    EXPECT_LT(pauses[failures - 1], least + 100ms) << failures;
  }
  job.answers = true;
  job.acknowledge_all(job.triggers.back().checkpoint);
  job.run_until_completed(1);
  const MonotonicTime ended = world.now();
  job.run_until_triggered(job.triggers.size() + 1);
  EXPECT_LT(world.now() - ended, 100ms) << "a checkpoint that was completed ends it";
}

TEST(Coordinator, FailsTheJobWhenTooManyCheckpointsInARowFail) {
  World world(11);
  Options options = options_for_test();
  options.tolerated_failures = 1;
  options.timeout = Duration(100);
  FakeJob job(world, options);
  job.open();
  job.begin();
  job.run_until_aborted(1);
  EXPECT_EQ("", job.failure);
  run_until(world, [&] { return !job.failure.empty(); });
  EXPECT_THAT(job.failure, HasSubstr("2 checkpoints in a row failed, 1 are tolerated"));
  world.run_for(30s);
  EXPECT_EQ(2u, job.triggers.size());
}

TEST(Coordinator, ForgetsFailuresWhenACheckpointIsCompleted) {
  World world(12);
  Options options = options_for_test();
  options.tolerated_failures = 1;
  FakeJob job(world, options);
  job.open();
  job.begin();
  for (std::size_t round = 1; round <= 3; ++round) {
    job.run_until_triggered(2 * round - 1);
    job.coordinator->decline(AttemptId(1), job.triggers.back().checkpoint, TaskIndex(0), SubtaskIndex(0), "busy");
    job.run_until_triggered(2 * round);
    job.acknowledge_all(job.triggers.back().checkpoint);
    job.run_until_completed(round);
  }
  EXPECT_EQ("", job.failure);
  EXPECT_EQ(3u, job.coordinator->statistics().failed);
}

TEST(Coordinator, NamesTheNewestCompletedCheckpointAsBase) {
  World world(13);
  FakeJob job(world);
  job.open();
  job.begin();
  job.run_until_triggered(1);
  EXPECT_EQ(nullptr, job.triggers[0].base);
  job.acknowledge_all(CheckpointId(1));
  job.run_until_triggered(2);
  job.run_until_triggered(3);  // the second one timed out
  ASSERT_NE(nullptr, job.triggers[2].base);
  EXPECT_EQ(CheckpointId(1), job.triggers[2].base->checkpoint);
}

TEST(Coordinator, TellsWhatACheckpointCameTo) {
  World world(14);
  FakeJob job(world);
  job.open();
  job.begin();
  job.run_until_triggered(1);
  ASSERT_TRUE(job.coordinator->statistics().pending);
  EXPECT_EQ(3u, job.coordinator->statistics().pending->subtasks);
  world.run_for(2s);
  job.acknowledge_all(CheckpointId(1));
  EXPECT_EQ(3u, job.coordinator->statistics().pending->acknowledged);
  job.run_until_completed(1);
  const Statistics& statistics = job.coordinator->statistics();
  EXPECT_FALSE(statistics.pending);
  ASSERT_TRUE(statistics.last);
  EXPECT_EQ(CheckpointId(1), statistics.last->checkpoint);
  EXPECT_GE(statistics.last->duration, 2s);
  EXPECT_EQ(10us, statistics.last->alignment);
  EXPECT_EQ(6u, statistics.last->aligned_batches);
}

// ---- the end ----------------------------------------------------------------------------------------------------

TEST(Coordinator, TakesAFinalCheckpointWhenAllSourcesAreExhausted) {
  World world(15);
  FakeJob job(world);
  job.start();
  world.run_for(10ms);
  job.coordinator->sources_exhausted(AttemptId(1));
  run_until(world, [&] { return job.finished; });
  ASSERT_EQ(1u, job.triggers.size());
  EXPECT_TRUE(job.triggers[0].final);
  EXPECT_TRUE(job.completed[0]->final);
  job.close();
  FakeJob again(world);
  EXPECT_EQ(Opened::Kind::kFinished, again.open().kind);
}

TEST(Coordinator, RemovesWhatADeadProcessLeftOfAJobThatHasFinished) {
  World world(26);
  FakeJob job(world);
  job.start();
  job.coordinator->sources_exhausted(AttemptId(1));
  run_until(world, [&] { return job.finished; });
  job.close();
  const Layout layout(options_for_test().directory, options_for_test().job);
  const std::string leftovers[] = {layout.log() + "/.new-7-00000000000000ff", layout.local() + "/1.1/cold/rows",
                                   layout.directory() + ".removed/lock"};
  for (const std::string& path : leftovers) world.disk().write_file(path, "left");
  FakeJob again(world);
  EXPECT_EQ(Opened::Kind::kFinished, again.open().kind);
  for (const std::string& path : leftovers) EXPECT_FALSE(world.disk().exists(path)) << path;
}

TEST(Coordinator, TakesTheFinalCheckpointRightAfterTheOneUnderWay) {
  World world(16);
  FakeJob job(world);
  job.open();
  job.begin();
  job.run_until_triggered(1);
  job.coordinator->sources_exhausted(AttemptId(1));
  const MonotonicTime then = world.now();
  job.answers = true;
  job.delivers = true;
  job.acknowledge_all(CheckpointId(1));
  run_until(world, [&] { return job.finished; });
  ASSERT_EQ(2u, job.triggers.size());
  EXPECT_FALSE(job.triggers[0].final);
  EXPECT_TRUE(job.triggers[1].final);
  EXPECT_LT(world.now() - then, 900ms);
}

TEST(Coordinator, RepeatsAFinalCheckpointThatFailed) {
  World world(17);
  FakeJob job(world);
  job.open();
  job.begin();
  job.coordinator->sources_exhausted(AttemptId(1));
  job.run_until_triggered(1);
  job.coordinator->decline(AttemptId(1), CheckpointId(1), TaskIndex(0), SubtaskIndex(0), "busy");
  job.run_until_triggered(2);
  EXPECT_TRUE(job.triggers[1].final);
  job.delivers = true;
  job.acknowledge_all(CheckpointId(2));
  run_until(world, [&] { return job.finished; });
}

TEST(Coordinator, IsNotFinishedBeforeTheFinalOutputIsDelivered) {
  World world(18);
  FakeJob job(world);
  job.start();
  job.delivers = false;
  job.coordinator->sources_exhausted(AttemptId(1));
  job.run_until_completed(1);
  world.run_for(10s);
  EXPECT_FALSE(job.finished);
  world.lose_power();

  world.start_process();
  FakeJob again(world);
  const Opened opened = again.open();
  ASSERT_EQ(Opened::Kind::kDrained, opened.kind);
  again.coordinator->delivered(opened.manifest->checkpoint);
  run_until(world, [&] { return again.finished; });
}

// ---- staged output ----------------------------------------------------------------------------------------------

StagedOutput output(std::uint64_t checkpoint, std::uint32_t subtask, const std::string& handle) {
  return {CheckpointId(checkpoint), SubtaskIndex(subtask), handle};
}

TEST(Coordinator, ListsStagedOutputUntilItIsDelivered) {
  World world(19);
  FakeJob job(world);
  job.open();
  job.begin();
  job.answers = true;
  job.staged = {{output(1, 0, "a")}, {output(1, 1, "b")}};
  job.run_until_completed(1);
  EXPECT_THAT(job.completed[0]->staged, ElementsAre(SinkOutputs{"files", {output(1, 0, "a"), output(1, 1, "b")}}));
  EXPECT_THAT(job.completed[0]->operators, ::testing::Each(::testing::Field(&OperatorSnapshot::staged, IsEmpty())));

  job.staged = {{output(2, 0, "c")}, {}};
  job.run_until_completed(2);
  EXPECT_THAT(job.completed[1]->staged,
              ElementsAre(SinkOutputs{"files", {output(1, 0, "a"), output(1, 1, "b"), output(2, 0, "c")}}));
  EXPECT_EQ(3u, job.coordinator->statistics().undelivered);

  job.coordinator->delivered(CheckpointId(1));
  EXPECT_EQ(1u, job.coordinator->statistics().undelivered);
  job.staged = {};
  job.run_until_completed(3);
  EXPECT_THAT(job.completed[2]->staged, ElementsAre(SinkOutputs{"files", {output(2, 0, "c")}}));
}

TEST(Coordinator, GivesUndeliveredOutputToTheNextProcess) {
  World world(20);
  {
    FakeJob job(world);
    job.open();
    job.begin();
    job.answers = true;
    job.staged = {{output(1, 0, "a")}, {}};
    job.run_until_completed(1);
    world.lose_power();
  }
  world.start_process();
  FakeJob again(world);
  const Opened opened = again.open();
  EXPECT_THAT(opened.manifest->staged, ElementsAre(SinkOutputs{"files", {output(1, 0, "a")}}));
  again.begin();
  again.answers = true;
  again.run_until_completed(1);
  EXPECT_THAT(again.completed[0]->staged, ElementsAre(SinkOutputs{"files", {output(1, 0, "a")}}))
      << "it was not told to be delivered";
}

TEST(Coordinator, DoesNotAskForADeliveryAgainWhenAnAttemptIsRestarted) {
  World world(21);
  FakeJob job(world);
  job.start();
  job.staged = {{output(1, 0, "a")}, {}};
  job.run_until_completed(1);
  job.coordinator->end_attempt();
  const Opened opened = job.restore();
  EXPECT_EQ(CheckpointId(1), opened.manifest->checkpoint);
  EXPECT_THAT(opened.manifest->staged, IsEmpty());
}

// ---- attempts ---------------------------------------------------------------------------------------------------

TEST(Coordinator, RestartsAnAttemptFromTheNewestCompletedCheckpoint) {
  World world(22);
  FakeJob job(world);
  job.start();
  job.run_until_completed(2);
  job.answers = false;
  job.run_until_triggered(3);
  job.coordinator->end_attempt();
  const Opened opened = job.restore();
  ASSERT_EQ(Opened::Kind::kRestored, opened.kind);
  EXPECT_EQ(CheckpointId(2), opened.manifest->checkpoint);
  job.answers = true;
  job.begin(2);
  job.run_until_completed(3);
  EXPECT_EQ(CheckpointId(4), job.completed[2]->checkpoint);
  EXPECT_EQ(AttemptId(2), job.completed[2]->attempt);
}

TEST(Coordinator, RestartsAnAttemptFromTheBeginningWhenNothingWasCompleted) {
  World world(23);
  FakeJob job(world);
  job.open();
  job.begin();
  job.run_until_triggered(1);
  job.coordinator->end_attempt();
  EXPECT_EQ(Opened::Kind::kFresh, job.restore().kind);
}

TEST(Coordinator, RestoresACheckpointThatWasBeingPublishedWhenItsAttemptEnded) {
  World world(24);
  FakeJob job(world);
  job.open();
  job.begin();
  job.run_until_triggered(1);
  job.acknowledge_all(CheckpointId(1));
  job.coordinator->end_attempt();
  const Opened opened = job.restore();
  ASSERT_EQ(Opened::Kind::kRestored, opened.kind);
  EXPECT_EQ(CheckpointId(1), opened.manifest->checkpoint);
  EXPECT_THAT(job.completed, IsEmpty()) << "told of a checkpoint outside of an attempt";
}

TEST(Coordinator, TriggersNothingWithoutAnAttempt) {
  World world(25);
  FakeJob job(world);
  job.open();
  world.run_for(10s);
  job.begin();
  job.coordinator->end_attempt();
  world.run_for(10s);
  EXPECT_THAT(job.triggers, IsEmpty());
}

TEST(Coordinator, MayBeDestroyedAtAnyMoment) {
  for (std::uint64_t events = 1; events < 120; ++events) {
    World world(26);
    {
      FakeJob job(world);
      job.answers = true;
      job.delivers = true;
      job.coordinator->open([&](const Opened&, const std::exception_ptr&) { job.begin(); });
      for (std::uint64_t i = 0; i < events; ++i) world.run_one();
    }
    world.run_for(10s);
  }
}

}  // namespace
}  // namespace weir::checkpoint
