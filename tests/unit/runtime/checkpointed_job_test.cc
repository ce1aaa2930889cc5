#include "checkpointed_job.h"

#include <chrono>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/checkpoint/log.h"

// Whole jobs with checkpoints in the simulated world, killed and started again: every result exactly once.

namespace weir::runtime {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using Death = CheckpointedRun::Death;
using State = JobResult::State;

TEST_F(CheckpointedJob, TakesCheckpointsAndFinishes) {
  sim::World world(1);
  CheckpointedRun run = run_in(world);
  const JobResult& result = run.run_to_end();
  ASSERT_EQ(result.state, State::kFinished) << result.message;
  expect_exact();
  EXPECT_GE(run.statistics().completed, 3U);
  EXPECT_EQ(run.statistics().failed, 0U);
  EXPECT_EQ(run.statistics().undelivered, 0U);
  EXPECT_EQ(world.misplaced_file_calls(), 0U);
}

TEST_F(CheckpointedJob, ThatHasFinishedSaysSoAndRunsNothing) {
  sim::World world(1);
  CheckpointedRun run = run_in(world);
  run.run_to_end();
  const JobResult& again = run.run_to_end();
  EXPECT_EQ(again.state, State::kFinished);
  EXPECT_THAT(run.log, Contains(HasSubstr("has finished before")));
  expect_exact();
}

TEST_F(CheckpointedJob, GoesOnFromItsLastCheckpointWhenItIsKilled) {
  sim::World world(1);
  CheckpointedRun run = run_in(world);
  run.start();
  run.run_until([&] { return run.statistics().completed == 2; });
  ASSERT_FALSE(run.ended());
  run.kill(Death::kKill);
  const JobResult& result = run.run_to_end();
  ASSERT_EQ(result.state, State::kFinished) << result.message;
  EXPECT_THAT(run.log, Contains(HasSubstr("going on from checkpoint 2")));
  expect_exact();
}

TEST_F(CheckpointedJob, RemovesNothingOfWhatAnotherProcessStagedThatTookOverWhileItRecovers) {
  sim::World world(1);
  CheckpointedRun run = run_in(world);
  run.start();
  run.run_until([&] { return run.statistics().completed == 2; });
  run.kill(Death::kKill);
  target->recovering = [&](Host& host) {
    const checkpoint::Log log(world, {run.options.checkpoints->directory, "sequence"}, "sequence");
    checkpoint::LogStanding other{checkpoint::WriterId(7), {}, 0, log.end()};
    ASSERT_TRUE(log.append(other, checkpoint::Takeover{"there", {}}, {}));
    world.disk().write_file("/staged", "by the other one");
    host.files().remove("/staged");
  };
  const JobResult& result = run.run_to_end();
  EXPECT_EQ(result.state, State::kFailed);
  EXPECT_THAT(result.message, HasSubstr("another process (there) has taken over"));
  EXPECT_TRUE(world.disk().exists("/staged"));
}

TEST_F(CheckpointedJob, ShowsEveryResultOnceWheneverItIsKilled) {
  std::uint64_t restored = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    begin_anew();
    sim::World world(seed);
    sim::Random random(seed);
    CheckpointedRun run = run_in(world);
    run.options.parallelism = static_cast<std::uint32_t>(1 + seed % 3);
    for (std::uint64_t deaths = seed % 5; deaths > 0; --deaths) {
      run.start();
      run.run_for(random.between(0ns, std::chrono::nanoseconds(200ms)));
      run.kill(seed % 2 == 0 ? Death::kKill : Death::kPowerLoss);
    }
    const JobResult& result = run.run_to_end();
    ASSERT_EQ(result.state, State::kFinished) << result.message;
    expect_exact();
    restored += run.statistics().restored ? 1 : 0;
  }
  EXPECT_GT(restored, 20U);
}

TEST_F(CheckpointedJob, GoesOnAtAnotherParallelismAndShowsEveryResultOnce) {
  sim::World world(1);
  CheckpointedRun run = run_in(world);
  std::uint64_t completed = 0;
  for (const std::uint32_t parallelism : {1U, 4U, 3U}) {
    SCOPED_TRACE(parallelism);
    run.options.parallelism = parallelism;
    run.start();
    run.run_until([&] { return run.statistics().completed == 1; });
    ASSERT_FALSE(run.ended());
    EXPECT_EQ(run.statistics().restored.has_value(), completed > 0);
    completed += run.statistics().completed;
    run.kill(Death::kKill);
  }
  run.options.parallelism = 1;
  const JobResult& result = run.run_to_end();
  ASSERT_EQ(result.state, State::kFinished) << result.message;
  EXPECT_EQ(completed, 3U);
  expect_exact();
}

TEST_F(CheckpointedJob, IsExactWhateverItsParallelismAndWheneverItIsKilled) {
  std::uint64_t restored = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    begin_anew();
    sim::World world(seed);
    sim::Random random(seed);
    CheckpointedRun run = run_in(world);
    for (std::uint64_t deaths = seed % 5; deaths > 0; --deaths) {
      run.options.parallelism = static_cast<std::uint32_t>(random.between(1, 5));
      run.start();
      run.run_for(random.between(0ns, std::chrono::nanoseconds(200ms)));
      run.kill(seed % 2 == 0 ? Death::kKill : Death::kPowerLoss);
    }
    run.options.parallelism = static_cast<std::uint32_t>(random.between(1, 5));
    const JobResult& result = run.run_to_end();
    ASSERT_EQ(result.state, State::kFinished) << result.message;
    expect_exact();
    restored += run.statistics().restored ? 1 : 0;
  }
  EXPECT_GT(restored, 20U);
}

TEST_F(CheckpointedJob, GoesOnInTheSameProcessWhenUserCodeThrows) {
  int restored = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    begin_anew();
    int failures_left = 2;
    watch->look = [&](const Event& event) {
      if (event.number == 30 && failures_left > 0) {
        --failures_left;
        throw ExternalError("the network is down");
      }
    };
    sim::World world(seed);
    CheckpointedRun run = run_in(world);
    run.options.restart.kind = RestartStrategy::Kind::kFixedDelay;
    run.options.restart.delay = Duration{10};
    const JobResult& result = run.run_to_end();
    ASSERT_EQ(result.state, State::kFinished) << result.message;
    EXPECT_EQ(failures_left, 0);
    EXPECT_GE(run.job().progress().restarts, 1U);
    restored += run.statistics().restored ? 1 : 0;
    expect_exact();
  }
  EXPECT_GT(restored, 5);
}

TEST_F(CheckpointedJob, CountsWhatAllItsAttemptsHaveDone) {
  int failures_left = 2;
  watch->look = [&](const Event& event) {
    if (event.number == 30 && failures_left > 0) {
      --failures_left;
      throw ExternalError("the network is down");
    }
  };
  sim::World world(1);
  CheckpointedRun run = run_in(world);
  run.options.restart.kind = RestartStrategy::Kind::kFixedDelay;
  run.options.restart.delay = Duration{10};
  std::uint64_t seen = 0;
  run.start();
  run.run_until([&] {
    const std::uint64_t now = run.job().progress().records_in;
    EXPECT_GE(now, seen);
    seen = now;
    return false;
  });
  const JobProgress end = run.job().progress();
  EXPECT_EQ(end.restarts, 2U);
  EXPECT_GT(end.records_in, script.all().size()) << "what was read again counts again";
  EXPECT_GE(end.records_out, script.all().size());
  expect_exact();
}

TEST_F(CheckpointedJob, RunsOnWhileTheDiskIsFullAndTakesCheckpointsAgainWhenThereIsSpace) {
  script.numbers = 200;
  sim::World world(1);
  CheckpointedRun run = run_in(world);
  run.start();
  run.run_until([&] { return run.statistics().completed == 2; });
  world.disk().set_capacity(world.disk().used());
  run.run_until([&] { return run.statistics().failed >= 3; });
  ASSERT_FALSE(run.ended());
  EXPECT_EQ(run.statistics().completed, 2U);
  EXPECT_THAT(run.log, Contains(testing::AllOf(HasSubstr("failed:"), HasSubstr("No space left on device"))));
  world.disk().set_capacity(~std::uint64_t{0});
  const JobResult& result = run.run();
  ASSERT_EQ(result.state, State::kFinished) << result.message;
  EXPECT_GE(run.statistics().completed, 3U);
  expect_exact();
}

TEST_F(CheckpointedJob, SaysWhatKeepsItsStateFromBeingWrittenDownForAsLongAsItDoes) {
  script.numbers = 200;
  sim::World world(1);
  CheckpointedRun run = run_in(world);
  run.start();
  run.run_until([&] { return run.statistics().completed == 1; });
  const sim::DiskFaultId broken = world.disk().inject({.kind = sim::DiskFault::Kind::kNoSpace, .path = "*/cold/*"});
  run.run_until([&] { return run.statistics().failed >= 3; });
  EXPECT_THAT(run.log, Contains(testing::AllOf(HasSubstr("not written down yet: "), HasSubstr("No space left"))));
  world.disk().heal(broken);
  ASSERT_EQ(run.run().state, State::kFinished);
  expect_exact();
}

TEST_F(CheckpointedJob, GoesOnLaterAfterItWasCancelled) {
  sim::World world(1);
  CheckpointedRun run = run_in(world);
  run.start();
  run.run_until([&] { return run.statistics().completed == 2; });
  run.job().cancel();
  ASSERT_EQ(run.run().state, State::kCancelled);
  ASSERT_EQ(run.run_to_end().state, State::kFinished);
  EXPECT_THAT(run.log, Contains(HasSubstr("going on from checkpoint")));
  expect_exact();
}

TEST_F(CheckpointedJob, LeavesNothingWhenItIsCancelledAndToldToKeepNothing) {
  sim::World world(1);
  CheckpointedRun run = run_in(world);
  run.options.checkpoints->keep_on_cancel = false;
  run.start();
  run.run_until([&] { return run.statistics().completed == 2; });
  run.job().cancel();
  ASSERT_EQ(run.run().state, State::kCancelled);
  EXPECT_THAT(world.disk().list_recursive("/checkpoints"), testing::IsEmpty());
}

TEST_F(CheckpointedJob, GoesOnWhereItsFirstPreparationFailed) {
  sim::World world(1);
  CheckpointedRun run = run_in(world);
  target->preparing = [this] {
    target->staged["begun"];
    throw ExternalError("the disk is bad");
  };
  ASSERT_EQ(run.run_to_end().state, State::kFailed);
  target->preparing = [] {};
  const JobResult& result = run.run_to_end();
  ASSERT_EQ(result.state, State::kFinished) << result.message;
  expect_exact();
}

TEST_F(CheckpointedJob, GoesOnWhereItWasRefusedAndCouldNotRemoveWhatItHadPrepared) {
  sim::World world(1);
  const auto other = std::make_shared<Target>();
  CheckpointedRun run(world, [&] {
    SequenceGraph graph;
    const NodeId follow = graph.follow({graph.source(script)}, watch);
    graph.sink(follow, target, "sink", 0, Partitioning::kRebalance, 3, guarantee);
    graph.sink(follow, other, "other sink", 0, Partitioning::kRebalance, 3, guarantee);
    return graph.take();
  });
  target->preparing = [this] { target->staged["begun"]; };
  target->abandoning = [] { throw ExternalError("the disk is bad"); };
  other->preparing = [] { throw UsageError("not here"); };
  ASSERT_EQ(run.run_to_end().state, State::kFailed);
  EXPECT_THAT(run.log, Contains(HasSubstr("cleaning up the output: the disk is bad")));
  other->preparing = target->abandoning = target->preparing = [] {};
  const JobResult& result = run.run_to_end();
  ASSERT_EQ(result.state, State::kFinished) << result.message;
  expect_exact();
}

/// Changes a byte of every state file of a killed job.
void damage_state_files(sim::World& world) {
  int damaged = 0;
  for (const std::string& path : world.disk().list_recursive("/checkpoints")) {
    if (path.find("/shared/") == std::string::npos) continue;
    std::string bytes = world.disk().read_file(path);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    world.disk().write_file(path, bytes);
    ++damaged;
  }
  ASSERT_GT(damaged, 0);
}

TEST_F(CheckpointedJob, RefusesStateFilesThatWereDamagedAndNamesOne) {
  sim::World world(1);
  CheckpointedRun run = run_in(world);
  run.start();
  run.run_until([&] { return run.statistics().completed == 3; });
  run.kill(Death::kKill);
  damage_state_files(world);
  const JobResult& result = run.run_to_end();
  EXPECT_EQ(result.state, State::kFailed);
  EXPECT_THAT(result.message, testing::AllOf(HasSubstr("shared/"), HasSubstr("checksum")));
}

TEST_F(CheckpointedJob, FailsWhenMoreCheckpointsInARowFailThanItTolerates) {
  script.numbers = 2000;
  sim::World world(1);
  CheckpointedRun run = run_in(world);
  run.options.checkpoints->tolerated_failures = 2;
  run.start();
  run.run_until([&] { return run.statistics().completed == 1; });
  world.disk().inject({.kind = sim::DiskFault::Kind::kNoSpace, .path = "*/chk/*"});
  const JobResult& result = run.run();
  EXPECT_EQ(result.state, State::kFailed);
  EXPECT_EQ(run.statistics().failed, 3U);
}

}  // namespace
}  // namespace weir::runtime
