#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/checkpoint/coordinator.h"
#include "weir/sim/world.h"

#include "fake_job.h"

// Checkpoints that somebody asks for.

namespace weir::checkpoint {
namespace {

using namespace std::chrono_literals;
using sim::World;
using testing::HasSubstr;

class TakeNow : public testing::Test {
 protected:
  static Options rare() {
    Options options = options_for_test();
    options.interval = Duration(300'000);
    return options;
  }

  void ask() {
    job.coordinator->take_now([this](const Taken& taken) { answers.push_back(taken); });
  }
  void run_until_answers(std::size_t count) {
    run_until(world, [&] { return answers.size() == count; });
  }

  World world{3};
  FakeJob job{world, rare()};
  std::vector<Taken> answers;
};

TEST_F(TakeNow, DoesNotWaitForTheInterval) {
  job.start();
  const MonotonicTime then = world.now();
  ask();
  EXPECT_TRUE(answers.empty());
  run_until_answers(1);
  EXPECT_LT(world.now() - then, 1min);
  EXPECT_EQ(answers[0].failure, "");
  EXPECT_EQ(answers[0].checkpoint, job.completed.at(0)->checkpoint);
  EXPECT_TRUE(world.disk().exists(answers[0].path + "/MANIFEST"));
}

TEST_F(TakeNow, AsksForAnotherWhileOneIsBeingTaken) {
  job.open();
  job.begin();
  ask();
  job.run_until_triggered(1);
  ask();
  ask();
  job.answers = true;
  job.acknowledge_all(CheckpointId(1));
  run_until_answers(3);
  EXPECT_EQ(answers[0].checkpoint, CheckpointId(1));
  EXPECT_EQ(answers[1].checkpoint, CheckpointId(2)) << "what is being taken may have begun before what was asked for";
  EXPECT_EQ(answers[2].checkpoint, CheckpointId(2)) << "one is enough for both";
  EXPECT_EQ(job.triggers.size(), 2U);
}

TEST_F(TakeNow, TellsWhyItFailed) {
  job.open();
  job.begin();
  ask();
  job.run_until_triggered(1);
  job.coordinator->decline(AttemptId(1), CheckpointId(1), TaskIndex(0), SubtaskIndex(0), "busy");
  run_until_answers(1);
  EXPECT_THAT(answers[0].failure, HasSubstr("busy"));
  EXPECT_EQ(answers[0].path, "");
}

TEST_F(TakeNow, IsAnsweredWhenTheAttemptEndsFirst) {
  job.open();
  job.begin();
  ask();
  job.run_until_triggered(1);
  ask();
  job.coordinator->end_attempt();
  EXPECT_TRUE(answers.empty()) << "never from within a call";
  run_until_answers(2);
  for (const Taken& taken : answers) EXPECT_NE(taken.failure, "");
}

TEST_F(TakeNow, FailsOutsideOfAnAttempt) {
  job.open();
  ask();
  run_until_answers(1);
  EXPECT_THAT(answers[0].failure, HasSubstr("does not run"));
}

TEST_F(TakeNow, ComesBackToTheIntervalAfterwards) {
  job.start();
  ask();
  run_until_answers(1);
  const MonotonicTime then = world.now();
  job.run_until_triggered(2);
  EXPECT_GT(world.now() - then, 4min);
}

}  // namespace
}  // namespace weir::checkpoint
