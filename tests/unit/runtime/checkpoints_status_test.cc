#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/runtime/job_status.h"
#include "weir/sim/world.h"

#include "checkpointed_run.h"
#include "sequence_job.h"

// What a job tells about its checkpoints.

namespace weir::runtime {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class CheckpointsStatusTest : public testing::Test {
 protected:
  CheckpointsStatusTest() : run(world, [this] { return graph(); }) {}

  Graph graph() {
    SequenceGraph graph;
    const NodeId source = graph.source(script);
    graph.sink(graph.follow({source}, watch), target);
    return graph.take();
  }

  CheckpointsStatus checkpoints() { return run.job().status().checkpoints.value(); }

  sim::World world{1};
  SequenceScript script;
  std::shared_ptr<Follow::Watch> watch = std::make_shared<Follow::Watch>();
  std::shared_ptr<Target> target = std::make_shared<Target>();
  CheckpointedRun run;
};

TEST_F(CheckpointsStatusTest, TellsHowTheyAreTaken) {
  run.options.checkpoints->minimum_pause = Duration{7};
  run.start();
  const CheckpointsStatus status = checkpoints();
  EXPECT_EQ(status.directory, "/checkpoints");
  EXPECT_EQ(status.interval_ms, 40);
  EXPECT_EQ(status.min_pause_ms, 7);
  EXPECT_EQ(status.timeout_ms, 600'000);
  EXPECT_EQ(status.retained, 2U);
  EXPECT_TRUE(status.history.empty());
}

TEST_F(CheckpointsStatusTest, HasACheckpointThatIsBeingTaken) {
  target->staging_takes = 100ms;
  run.start();
  run.run_until([&] { return !checkpoints().history.empty() && checkpoints().history[0].acknowledged == 2; });
  const CheckpointStatus taking = checkpoints().history.back();
  EXPECT_EQ(taking.state, CheckpointState::kInProgress);
  EXPECT_EQ(taking.subtasks, 4U);
  ASSERT_EQ(taking.tasks.size(), 2U);
  EXPECT_EQ(taking.tasks[0].acknowledged, 2U) << "sources have nothing to stage";
  EXPECT_EQ(taking.tasks[1].acknowledged, 0U);
  EXPECT_EQ(taking.tasks[1].latest_ack_ms, -1);
  EXPECT_EQ(taking.ended_ms, -1);
}

TEST_F(CheckpointsStatusTest, HasWhatACompletedOneHolds) {
  run.start();
  run.run_until([&] { return checkpoints().completed == 1; });
  const CheckpointsStatus status = checkpoints();
  ASSERT_EQ(status.history.size(), 1U);
  const CheckpointStatus& first = status.history[0];
  EXPECT_EQ(first.id, 1U);
  EXPECT_EQ(first.state, CheckpointState::kCompleted);
  EXPECT_EQ(first.acknowledged, 4U);
  EXPECT_GT(first.state_bytes, 0U);
  EXPECT_EQ(first.new_bytes, first.state_bytes);
  EXPECT_EQ(first.state_bytes, first.tasks[1].state_bytes);
  EXPECT_EQ(first.entries, 6U) << "three splits with two keys each";
  EXPECT_GE(first.ended_ms, first.latest_ack_ms);
  EXPECT_GE(first.latest_ack_ms, first.trigger_ms);
  EXPECT_TRUE(world.disk().exists(first.external_path + "/MANIFEST")) << first.external_path;
  EXPECT_FALSE(first.discarded);
}

TEST_F(CheckpointsStatusTest, KeepsTheLastTenAndSaysWhichExist) {
  script.numbers = 300;
  run.start();
  run.run_until([&] { return checkpoints().completed == 13; });
  run.job().cancel();
  run.run();
  const CheckpointsStatus status = checkpoints();
  ASSERT_EQ(status.history.size(), 10U);
  for (std::size_t i = 0; i < status.history.size(); ++i) {
    const CheckpointStatus& at = status.history[i];
    EXPECT_EQ(at.id, status.history[0].id + i);
    if (at.state != CheckpointState::kCompleted) continue;
    EXPECT_EQ(world.disk().exists(at.external_path + "/MANIFEST"), !at.discarded) << at.id;
  }
}

TEST_F(CheckpointsStatusTest, SaysWhyOneFailed) {
  run.options.checkpoints->timeout = Duration{30};
  target->staging_takes = 100ms;
  run.start();
  run.run_until([&] { return checkpoints().failed == 1; });
  const CheckpointStatus failed = checkpoints().history.at(0);
  EXPECT_EQ(failed.state, CheckpointState::kFailed);
  EXPECT_THAT(failed.failure_message, HasSubstr("it took longer than 0.03 s"));
  EXPECT_EQ(failed.external_path, "");
  EXPECT_EQ(failed.acknowledged, 2U);
  EXPECT_GE(failed.ended_ms, failed.trigger_ms + 30);
}

TEST_F(CheckpointsStatusTest, CountsOneAsFailedWhoseTasksHaveEnded) {
  run.options.restart = {.kind = RestartStrategy::Kind::kFixedDelay, .delay = Duration{10}};
  target->staging_takes = 100ms;
  bool fail = false;
  watch->look = [&](const Event&) {
    if (std::exchange(fail, false)) throw ExternalError("away");
  };
  run.start();
  run.run_until([&] { return !checkpoints().history.empty(); });
  fail = true;
  run.run_until([&] { return run.job().status().state == JobState::kRestarting; });
  const CheckpointsStatus status = checkpoints();
  EXPECT_EQ(status.failed, 1U);
  ASSERT_EQ(status.history.size(), 1U);
  EXPECT_EQ(status.history[0].state, CheckpointState::kFailed);
  EXPECT_EQ(status.history[0].failure_message, "the tasks that took it have ended");
}

TEST_F(CheckpointsStatusTest, TellsFromWhichOneTheJobWentOn) {
  run.start();
  run.run_until([&] { return checkpoints().completed == 2; });
  EXPECT_FALSE(checkpoints().latest_restored.has_value());
  const CheckpointStatus newest = checkpoints().history.back();
  run.kill(CheckpointedRun::Death::kKill);
  run.start();
  run.run_until([&] { return checkpoints().restored > 0; });
  const CheckpointsStatus status = checkpoints();
  EXPECT_EQ(status.restored, 1U);
  EXPECT_EQ(status.latest_restored->id, newest.id);
  EXPECT_EQ(status.latest_restored->external_path, newest.external_path);
  EXPECT_GE(status.latest_restored->at_ms, newest.ended_ms);
  EXPECT_TRUE(status.history.empty()) << "it tells of this process";
}

TEST_F(CheckpointsStatusTest, HasOneThatWasAskedForLikeAnyOther) {
  run.options.checkpoints->interval = Duration{3'600'000};
  run.start();
  run.run_for(50ms);
  ASSERT_TRUE(checkpoints().history.empty());
  std::optional<checkpoint::Taken> taken;
  run.job().checkpoint_now([&](const checkpoint::Taken& what) { taken = what; });
  EXPECT_FALSE(taken.has_value()) << "it is told later";
  run.run_until([&] { return taken.has_value(); });
  EXPECT_EQ(taken->failure, "");
  const CheckpointStatus last = checkpoints().history.at(0);
  EXPECT_EQ(taken->path, last.external_path);
  EXPECT_EQ(taken->checkpoint.value(), last.id);
  EXPECT_TRUE(world.disk().exists(taken->path + "/MANIFEST"));
}

TEST_F(CheckpointsStatusTest, SaysThatAJobWithoutThemCannotTakeOne) {
  run.options.checkpoints.reset();
  run.start();
  std::string failure;
  run.job().checkpoint_now([&](const checkpoint::Taken& taken) { failure = taken.failure; });
  run.run_until([&] { return !failure.empty(); });
  EXPECT_THAT(failure, HasSubstr("--weir.checkpoint-dir"));
  EXPECT_FALSE(run.job().status().checkpoints.has_value());
}

TEST_F(CheckpointsStatusTest, TellsWhichOneWasTheLast) {
  run.run_to_end();
  const CheckpointsStatus status = checkpoints();
  EXPECT_TRUE(status.history.back().final);
  EXPECT_EQ(status.history.back().state, CheckpointState::kCompleted);
  EXPECT_TRUE(std::none_of(status.history.begin(), status.history.end() - 1,
                           [](const CheckpointStatus& checkpoint) { return checkpoint.final; }));
}

}  // namespace
}  // namespace weir::runtime
