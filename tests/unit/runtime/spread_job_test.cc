// A job whose subtasks run in several processes.

#include <memory>
#include <optional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

#include "checkpointed_job.h"
#include "members_in_memory.h"

namespace weir::runtime {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Runs the sequence job in several processes of one world.
class SpreadJob : public CheckpointedJob {
 public:
  /// A job of its own for each call.
  struct Run {
    Run(sim::World& in_world, const SpreadJob& test, const Placement& placement) : world(in_world) {
      JobOptions options = checkpointed_options();
      options.parallelism = 4;
      options.placement = placement;
      options.restart = {.kind = RestartStrategy::Kind::kFixedDelay, .attempts = 5, .delay = Duration{10}};
      if (!test.checkpoints) options.checkpoints.reset();
      others = std::make_unique<MembersInMemory>(world, [&test] { return test.graph(); }, options);
      others->placement = placement;
      options.others = others.get();
      options.log = [this](LogLevel, const std::string& line) { log.push_back(line); };
      job = std::make_unique<LocalJob>(world, test.graph(), options,
                                       [this](JobResult told) { result = std::move(told); });
      job->start();
    }

    const JobResult& to_end() {
      world.run_until([this] { return result.has_value(); });
      return *result;
    }

    sim::World& world;
    std::vector<std::string> log;
    std::optional<JobResult> result;
    std::unique_ptr<MembersInMemory> others;
    std::unique_ptr<LocalJob> job;
  };

  bool checkpoints = true;
};

std::vector<Placement> placements() {
  return {Placement({0, 0, 1, 1}), Placement({0, 1, 2, 3}), Placement({0, 1, 1, 1}), Placement({0, 1, 0, 1})};
}

TEST_F(SpreadJob, ShowsEveryResultOnceWithoutCheckpoints) {
  checkpoints = false;
  for (const Placement& placement : placements()) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      sim::World world(seed);
      begin_anew();
      Run run(world, *this, placement);
      ASSERT_EQ(run.to_end().state, JobResult::State::kFinished) << run.to_end().message;
      ASSERT_NO_FATAL_FAILURE(expect_exact());
      EXPECT_GT(run.others->bytes, 1000U) << "nothing went from process to process";
    }
  }
}

TEST_F(SpreadJob, TakesCheckpointsAndShowsEveryResultOnce) {
  for (const Placement& placement : placements()) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      sim::World world(seed);
      begin_anew();
      Run run(world, *this, placement);
      ASSERT_EQ(run.to_end().state, JobResult::State::kFinished) << run.to_end().message;
      ASSERT_NO_FATAL_FAILURE(expect_exact());
      EXPECT_GE(run.job->progress().checkpoints.value_or(checkpoint::Statistics{}).completed, 2U);
    }
  }
}

TEST_F(SpreadJob, GoesOnFromItsNewestCheckpointWhenUserCodeOfAnyProcessThrows) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::World world(seed);
    begin_anew();
    // Keys are spread over all processes.
    const int key = static_cast<int>(seed % 6);
    watch->look = [key, thrown = std::make_shared<bool>(false)](const Event& event) {
      if (event.key == key && event.number == 20 && !std::exchange(*thrown, true)) throw ExternalError("a bad day");
    };
    Run run(world, *this, Placement({0, 1, 2, 2}));
    ASSERT_EQ(run.to_end().state, JobResult::State::kFinished) << run.to_end().message;
    ASSERT_NO_FATAL_FAILURE(expect_every_result_once());
    EXPECT_EQ(run.others->begun, 2);
  }
}

TEST_F(SpreadJob, GoesOnWhenItsExchangeBreaks) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::World world(seed);
    begin_anew();
    MembersInMemory* others = nullptr;
    watch->look = [&, broken = std::make_shared<bool>(false)](const Event& event) {
      if (event.key != static_cast<int>(seed % 6) || event.number != 20 || std::exchange(*broken, true)) return;
      world.post([&] { others->break_exchange(); });
    };
    Run run(world, *this, Placement({0, 1, 2, 2}));
    others = run.others.get();
    ASSERT_EQ(run.to_end().state, JobResult::State::kFinished) << run.to_end().message;
    ASSERT_NO_FATAL_FAILURE(expect_every_result_once());
    EXPECT_EQ(run.others->begun, 2);
    EXPECT_THAT(run.log, testing::Contains(HasSubstr("the exchange: broken")));
  }
}

TEST_F(SpreadJob, GoesOnInAnotherNumberOfProcessesAfterAKill) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::World world(seed);
    begin_anew();
    for (const Placement& placement : {Placement({0, 1, 2, 3}), Placement(), Placement({0, 0, 0, 1})}) {
      auto run = std::make_unique<Run>(world, *this, placement);
      const MonotonicTime end = world.now() + 120ms;
      world.after(120ms, [] {});
      world.run_until([&] { return run->result.has_value() || world.now() >= end; });
      world.kill_process();
      run.reset();
      world.start_process();
    }
    Run run(world, *this, Placement({0, 1, 0, 1}));
    ASSERT_EQ(run.to_end().state, JobResult::State::kFinished) << run.to_end().message;
    ASSERT_NO_FATAL_FAILURE(expect_every_result_once());
  }
}

}  // namespace
}  // namespace weir::runtime
