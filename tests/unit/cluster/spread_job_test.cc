// A job of several processes over the simulated network: one leads, the others join it.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/cluster/job_processes.h"
#include "weir/cluster/member_link.h"
#include "weir/core/error.h"
#include "weir/core/frames.h"

#include "../runtime/checkpointed_job.h"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using runtime::JobResult;
using runtime::Placement;
using testing::HasSubstr;
using testing::IsEmpty;

class SpreadJob : public runtime::CheckpointedJob {
 public:
  static JobProcess process(std::uint32_t number) { return {{"job", 7}, "secret", number}; }

  /// All processes of one job.
  class Run {
   public:
    Run(sim::World& world, const SpreadJob& test, const Placement& placement) : world_(world), test_(test) {
      options_ = runtime::checkpointed_options();
      options_.parallelism = 4;
      options_.placement = placement;
      options_.restart = {.kind = runtime::RestartStrategy::Kind::kFixedDelay, .attempts = 5, .delay = Duration{10}};
      if (!test.checkpoints) options_.checkpoints.reset();
      leader_ = std::make_unique<JobProcesses>(
          world, "localhost", process(0), placement, HeartbeatLimits{},
          JobProcesses::Events{[this] { begin(); }, [this](const std::string& why) { lost = why; }});
      for (std::uint32_t number = 1; number < placement.processes(); ++number) start_member(number);
    }

    void start_member(std::uint32_t number) {
      members_.push_back(
          std::make_unique<MemberLink>(world_, world_, test_.graph(), options_,
                                       MemberLink::Options{process(number), "localhost", leader_->address(), {}, 50ms},
                                       [this](const std::string& why) { ended.push_back(why); }));
      members_.back()->start();
    }

    /// The process is gone.
    void drop_member(std::size_t at) { members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(at)); }

    const JobResult& to_end() {
      world_.run_until([this] { return result.has_value(); });
      leader_->close();
      return *result;
    }

    Address leader_address() const { return leader_->address(); }

    std::optional<JobResult> result;
    std::optional<runtime::JobStatus> status;
    std::vector<std::string> ended;  ///< what members say at their end
    std::string lost;

   private:
    void begin() {
      auto options = options_;
      options.others = leader_.get();
      job_ = std::make_unique<runtime::LocalJob>(world_, test_.graph(), options, [this](JobResult told) {
        status = job_->status();
        result = std::move(told);
      });
      job_->start();
    }

    sim::World& world_;
    const SpreadJob& test_;
    runtime::JobOptions options_;
    std::unique_ptr<JobProcesses> leader_;
    std::vector<std::unique_ptr<MemberLink>> members_;
    std::unique_ptr<runtime::LocalJob> job_;
  };

  bool checkpoints = true;
};

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

TEST_F(SpreadJob, IsToldOfAProcessThatIsGone) {
  sim::World world(3);
  Run run(world, *this, Placement({0, 1, 2, 2}));
  world.after(100ms, [&] { run.drop_member(1); });
  world.run_until([&] { return !run.lost.empty(); });
  EXPECT_THAT(run.lost, HasSubstr("process 2 of the job is gone"));
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
