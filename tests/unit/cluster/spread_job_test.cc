// A job of several processes over the simulated network: one leads, the others join it.

#include "spread_job.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using runtime::JobResult;
using runtime::Placement;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(SpreadJob, ShowsEveryResultOnceWhateverTheNetworkDoesToBytes) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    sim::World world(seed);
    begin_anew();
    checkpoints = seed % 3 != 0;
    Run run(world, *this, seed % 2 == 0 ? Placement({0, 1, 2, 3}) : Placement({0, 0, 1, 1}));
    ASSERT_EQ(run.to_end().state, JobResult::State::kFinished) << run.to_end().message << "; seed " << seed;
    ASSERT_NO_FATAL_FAILURE(expect_exact()) << "seed " << seed;
    world.run_until([&] { return run.ended.size() == (seed % 2 == 0 ? 3U : 1U); });
    EXPECT_THAT(run.ended, testing::Each(IsEmpty())) << "a member did not take the job's end for one";
  }
}

TEST_F(SpreadJob, CountsTheSubtasksOfAllProcesses) {
  sim::World world(1);
  Run run(world, *this, Placement({0, 1, 2, 3}));
  ASSERT_EQ(run.to_end().state, JobResult::State::kFinished);
  std::uint64_t taken = 0;
  for (const runtime::VertexStatus& vertex : run.status->vertices) {
    ASSERT_EQ(vertex.subtasks.size(), vertex.parallelism);
    if (!vertex.name.starts_with("sink")) continue;
    for (const runtime::SubtaskStatus& subtask : vertex.subtasks) taken += subtask.records_in;
  }
  EXPECT_EQ(taken, script.all().size() + 4) << "each event, and what each of the subtasks told at its end";
}

TEST_F(SpreadJob, UserCodeThatThrowsInAnotherProcessRestartsAllTasks) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    sim::World world(seed);
    begin_anew();
    const int key = static_cast<int>(seed % 6);
    watch->look = [key, thrown = std::make_shared<bool>(false)](const runtime::Event& event) {
      if (event.key == key && event.number == 20 && !std::exchange(*thrown, true)) throw ExternalError("a bad day");
    };
    Run run(world, *this, Placement({0, 1, 2, 2}));
    ASSERT_EQ(run.to_end().state, JobResult::State::kFinished) << run.to_end().message;
    ASSERT_NO_FATAL_FAILURE(expect_every_result_once());
    EXPECT_EQ(run.status->restarts, 1U);
    EXPECT_THAT(run.status->exceptions.back().message, HasSubstr("a bad day"));
  }
}

// Whichever of its connections tells first: that is no failure of the job's own, which might be its last.
TEST_F(SpreadJob, LeavesAProcessThatIsGoneToTheJobManager) {
  restart = runtime::RestartStrategy::Kind::kNone;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    sim::World world(seed);
    begin_anew();
    Run run(world, *this, Placement({0, 1, 2, 2}));
    world.after(100ms, [&] { run.drop_member(seed % 2); });
    world.run_until([&] { return !run.lost.empty(); });
    EXPECT_THAT(run.lost, HasSubstr("is gone"));
    world.run_for(1s);
    // All may have been told before.
    const bool failed = run.result && run.result->state == JobResult::State::kFailed;
    EXPECT_FALSE(failed) << run.result->message << "; seed " << seed;
  }
}

TEST_F(SpreadJob, LeavesABrokenConnectionForRecordsToTheJobManager) {
  restart = runtime::RestartStrategy::Kind::kNone;
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    sim::World world(seed);
    begin_anew();
    Run run(world, *this, Placement({0, 1, 2, 2}));
    world.after(60ms, [&] { world.net().break_off("1", "2"); });
    world.run_until([&] { return !run.lost.empty() || run.result; });
    world.run_for(1s);
    const bool failed = run.result && run.result->state == JobResult::State::kFailed;
    EXPECT_FALSE(failed) << run.result->message << "; seed " << seed;
    if (run.lost.empty()) continue;
    ++lost;
    EXPECT_THAT(run.lost, HasSubstr("is gone: Connection reset by peer"));
  }
  EXPECT_GT(lost, 20);
}

TEST_F(SpreadJob, TakesNoProcessOfAnotherAttemptOrWithoutTheSecret) {
  sim::World world(4);
  Run run(world, *this, Placement({0, 1}));
  for (const JobProcess& stranger :
       {JobProcess{{"job", 6}, "secret", 1}, JobProcess{{"other", 7}, "secret", 1}, JobProcess{{"job", 7}, "guess", 1},
        JobProcess{{"job", 7}, "secret", 0}, JobProcess{{"job", 7}, "secret", 2}}) {
    std::optional<std::string> answer;
    auto options = runtime::checkpointed_options();
    options.placement = Placement({0, 1});
    MemberLink link(world, world, graph(), options, {stranger, "localhost", run.leader_address(), {}},
                    [&](const std::string& why) { answer = why; });
    link.start();
    world.run_until([&] { return answer.has_value(); });
    EXPECT_THAT(*answer, HasSubstr("does not take this one"));
  }
  ASSERT_EQ(run.to_end().state, JobResult::State::kFinished);
  ASSERT_NO_FATAL_FAILURE(expect_exact());
}

}  // namespace
}  // namespace weir::cluster
