// A JobManager and TaskManagers in a simulated world, with workers that do what the test says.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/cluster/job_manager.h"
#include "weir/cluster/task_manager.h"
#include "weir/core/error.h"
#include "weir/core/failure.h"
#include "weir/sim/world.h"

#include "../../kit/placed_host.h"
#include "simulated_workers.h"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using runtime::JobState;
using testing::HasSubstr;

class SimulatedCluster : public testing::TestWithParam<std::uint64_t> {
 protected:
  ~SimulatedCluster() override {
    nodes_.clear();
    manager_.reset();
    world_.run_for(1s);
  }

  void start_job_manager() {
    JobManagerOptions options;
    options.directory = "/cluster";
    options.peers = {"cluster", "token"};
    options.limits = limits_;
    options.restart.delay = 1s;
    manager_ = std::make_unique<JobManager>(world_, planner_, options,
                                            [this](auto, const std::string& line) { log_ += line + "\n"; });
    bool ready = false;
    manager_->start([&](const std::exception_ptr& error) {
      EXPECT_EQ(error, nullptr);
      ready = true;
    });
    world_.run_until([&] { return ready; });
  }

  void start_node(const std::string& name, std::uint32_t slots = 2) {
    nodes_[name] = std::make_unique<Node>(world_, workers_, name, slots, limits_);
    world_.run_until([&] { return nodes_[name]->manager->connected(); });
  }

  std::string upload() {
    std::string id;
    world_.blocking([this] { world_.files().create("/upload")->append("program"); },
                    [&](std::exception_ptr) {
                      manager_->add_program(
                          "program", "/upload",
                          [&](const UploadedProgram& program, std::exception_ptr) { id = program.id; });
                    });
    world_.run_until([&] { return !id.empty(); });
    return id;
  }

  JobId submit() {
    JobId job;
    if (program_.empty()) program_ = upload();
    RunRequest request;
    request.program = program_;
    manager_->run(request, [&](const JobId& id, const std::exception_ptr& error) {
      EXPECT_EQ(error, nullptr);
      job = id;
    });
    world_.run_until([&] { return !job.empty(); });
    return job;
  }

  /// Returns when it is answered.
  void cancel(const JobId& id) {
    bool answered = false;
    EXPECT_TRUE(manager_->cancel(id, [&](const std::exception_ptr& error) {
      EXPECT_EQ(error, nullptr);
      answered = true;
    }));
    world_.run_until([&] { return answered; });
  }

  JobState state(const JobId& id) { return manager_->job(id)->status->state; }
  void wait_for(const JobId& id, JobState wanted) {
    world_.run_until([&] { return state(id) == wanted; });
  }
  std::shared_ptr<Workers::One> worker() {
    world_.run_until([&] { return workers_.running().size() == 1; });
    return workers_.running().front();
  }

  sim::World world_{GetParam()};
  HeartbeatLimits limits_;
  Workers workers_{world_};
  FakePlanner planner_{world_};
  std::string log_;
  std::string program_;
  std::unique_ptr<JobManager> manager_;
  std::map<std::string, std::unique_ptr<Node>> nodes_;
};

TEST_P(SimulatedCluster, RunsAJobToItsEnd) {
  start_job_manager();
  start_node("a");
  const JobId job = submit();
  wait_for(job, JobState::kRunning);
  EXPECT_EQ(manager_->task_managers().at(0).free_slots, 1U);
  workers_.finish(worker(), JobState::kFinished);
  wait_for(job, JobState::kFinished);
  EXPECT_EQ(manager_->task_managers().at(0).free_slots, 2U);
  EXPECT_EQ(workers_.started(), 1U);
}

TEST_P(SimulatedCluster, HearsWhatATaskManagerAndItsWorkersHaveInMemory) {
  start_job_manager();
  start_node("a");
  world_.run_until([&] { return manager_->task_managers().at(0).used_memory == 1000; });
  submit();
  world_.run_until([&] { return manager_->task_managers().at(0).used_memory == 1001; });
  workers_.finish(worker(), JobState::kFinished);
  world_.run_until([&] { return manager_->task_managers().at(0).used_memory == 1000; });
}

TEST_P(SimulatedCluster, CancelsAJob) {
  start_job_manager();
  start_node("a");
  const JobId job = submit();
  wait_for(job, JobState::kRunning);
  cancel(job);
  wait_for(job, JobState::kCanceled);
  EXPECT_FALSE(manager_->cancel("unknown", [](const std::exception_ptr&) { FAIL(); }));
}

TEST_P(SimulatedCluster, RemembersACancelThatWasAnsweredWhenTheJobManagerIsStartedAgain) {
  start_job_manager();
  start_node("a");
  const JobId runs = submit();
  wait_for(runs, JobState::kRunning);
  worker()->deaf = true;
  planner_.parallelism = 9;
  const JobId waits = submit();
  cancel(runs);
  cancel(waits);
  manager_.reset();
  start_job_manager();
  wait_for(waits, JobState::kCanceled);
  EXPECT_EQ(state(runs), JobState::kCancelling);
  // It is killed when patience with it is at its end.
  wait_for(runs, JobState::kCanceled);
  EXPECT_EQ(workers_.started(), 1U);
  manager_.reset();
  start_job_manager();
  EXPECT_EQ(state(runs), JobState::kCanceled);
}

TEST_P(SimulatedCluster, StartsACancelledJobNeverAgainWhoseTaskManagerIsLost) {
  start_job_manager();
  start_node("a");
  const JobId job = submit();
  wait_for(job, JobState::kRunning);
  worker()->deaf = true;
  cancel(job);
  manager_.reset();
  nodes_.clear();
  start_job_manager();
  start_node("b");
  wait_for(job, JobState::kCanceled);
  EXPECT_EQ(workers_.started(), 1U);
}

TEST_P(SimulatedCluster, SaysSoWhenACancelCannotBeWrittenDownAndCancelsAllTheSame) {
  start_job_manager();
  start_node("a");
  const JobId job = submit();
  wait_for(job, JobState::kRunning);
  world_.disk().inject({.kind = sim::DiskFault::Kind::kNoSpace, .path = "*/cancelled*"});
  std::string problem;
  EXPECT_TRUE(manager_->cancel(job, [&](const std::exception_ptr& error) { problem = message_of(error); }));
  world_.run_until([&] { return !problem.empty(); });
  EXPECT_THAT(problem, HasSubstr("is being cancelled, but that could not be written down"));
  wait_for(job, JobState::kCanceled);
}

TEST_P(SimulatedCluster, ShowsAJobAsEndedWhenThatIsOnDisk) {
  start_job_manager();
  start_node("a");
  const JobId job = submit();
  wait_for(job, JobState::kRunning);
  workers_.finish(worker(), JobState::kFinished);
  wait_for(job, JobState::kFinished);
  nodes_.clear();
  manager_.reset();
  start_job_manager();
  EXPECT_EQ(state(job), JobState::kFinished);
}

TEST_P(SimulatedCluster, TellsOfASavepointThatStopsAJobWhenItsEndIsOnDisk) {
  start_job_manager();
  start_node("a");
  const JobId job = submit();
  wait_for(job, JobState::kRunning);
  const auto trigger = manager_->savepoint(job, "/savepoints", ClusterView::AfterSavepoint::kStops);
  using State = OperationStatus::State;
  world_.run_until([&] { return manager_->operation(job, *trigger)->state != State::kInProgress; });
  EXPECT_EQ(manager_->operation(job, *trigger)->location, "/savepoint");
  nodes_.clear();
  manager_.reset();
  start_job_manager();
  EXPECT_EQ(state(job), JobState::kFinished);
}

TEST_P(SimulatedCluster, FailsAStopWhoseWorkerEndsBeforeTheJobHas) {
  start_job_manager();
  start_node("a");
  const JobId job = submit();
  wait_for(job, JobState::kRunning);
  workers_.ends_when_stopped = false;
  const auto trigger = manager_->savepoint(job, "/savepoints", ClusterView::AfterSavepoint::kStops);
  world_.run_for(1s);
  using State = OperationStatus::State;
  EXPECT_EQ(manager_->operation(job, *trigger)->state, State::kInProgress);
  workers_.end(worker(), "was killed by signal 9 (Killed)");
  world_.run_until([&] { return manager_->operation(job, *trigger)->state != State::kInProgress; });
  EXPECT_THAT(manager_->operation(job, *trigger)->failure, HasSubstr("the savepoint is in '/savepoint' all the same"));
  world_.run_until([&] { return workers_.started() == 2; });
}

TEST_P(SimulatedCluster, StartsAWorkerThatDiedAgainUntilItsAttemptsAreUsedUp) {
  start_job_manager();
  start_node("a");
  const JobId job = submit();
  for (int death = 0; death < 4; ++death) workers_.end(worker(), "was killed by signal 11 (Segmentation fault)");
  wait_for(job, JobState::kFailed);
  EXPECT_EQ(workers_.started(), 4U);
  const auto status = manager_->job(job)->status;
  EXPECT_EQ(status->exceptions.size(), 4U);
  EXPECT_THAT(status->exceptions.back().message, HasSubstr("signal 11 (Segmentation fault)"));
  EXPECT_THAT(status->exceptions.back().message, HasSubstr("last words"));
}

TEST_P(SimulatedCluster, KeepsAJobWaitingForSlotsAndTellsWhichAreMissing) {
  planner_.parallelism = 3;
  start_job_manager();
  start_node("a", 2);
  const JobId job = submit();
  world_.run_for(60s);
  EXPECT_EQ(state(job), JobState::kCreated);
  EXPECT_THAT(manager_->job(job)->status->exceptions.at(0).message, HasSubstr("waits for 3 free slots"));
  start_node("b", 3);
  wait_for(job, JobState::kRunning);
  EXPECT_EQ(worker()->node, "b");
}

TEST_P(SimulatedCluster, GivesJobsOfALostTaskManagerToAnotherWhenTheFenceHasFallen) {
  start_job_manager();
  start_node("a");
  const JobId job = submit();
  wait_for(job, JobState::kRunning);
  start_node("b");
  nodes_.erase("a");
  const auto lost = world_.now();
  world_.run_until([&] { return workers_.started() == 2; });
  EXPECT_GE(world_.now() - lost, limits_.silence);
  wait_for(job, JobState::kRunning);
  EXPECT_EQ(worker()->node, "b");
  EXPECT_EQ(manager_->job(job)->status->restarts, 1U);
}

// The words of a JobManager that gave up a TaskManager reach it late, and nothing reaches the JobManager.
TEST_P(SimulatedCluster, GivesNoJobAwayThatRunsOnBecauseOfLateWords) {
  tests::PlacedHost place(world_, "a");
  sim::Net& net = world_.net();
  start_job_manager();
  Node node(place, workers_, "a", 1, limits_);
  const JobId job = submit();
  wait_for(job, JobState::kRunning);
  start_node("b");
  net.cut("a", "");
  world_.run_for(7900ms);
  net.cut("", "a");
  world_.run_for(8s);  // the JobManager has lost it, which has heard nothing of that
  net.heal("", "a");
  world_.run_until([&] { return workers_.started() == 2; });
  EXPECT_EQ(worker()->node, "b");
}

TEST_P(SimulatedCluster, AdoptsRunningWorkersWhenTheJobManagerIsStartedAgain) {
  start_job_manager();
  start_node("a");
  const JobId running = submit();
  wait_for(running, JobState::kRunning);
  manager_.reset();
  world_.run_for(3s);
  start_job_manager();
  wait_for(running, JobState::kRunning);
  world_.run_for(60s);
  EXPECT_EQ(workers_.started(), 1U);
  workers_.finish(worker(), JobState::kFinished);
  wait_for(running, JobState::kFinished);
}

TEST_P(SimulatedCluster, HearsHowJobsEndedWhileThereWasNoJobManager) {
  start_job_manager();
  start_node("a");
  const JobId job = submit();
  wait_for(job, JobState::kRunning);
  manager_.reset();
  workers_.finish(worker(), JobState::kFinished);
  world_.run_for(2s);
  start_job_manager();
  wait_for(job, JobState::kFinished);
  world_.run_for(60s);
  EXPECT_EQ(workers_.started(), 1U);
}

TEST_P(SimulatedCluster, KillsWorkersWhoseJobManagerIsGoneAndStartsThemAgainWithIt) {
  start_job_manager();
  start_node("a");
  const JobId job = submit();
  wait_for(job, JobState::kRunning);
  manager_.reset();
  world_.run_until([&] { return workers_.running().empty(); });
  start_job_manager();
  wait_for(job, JobState::kRunning);
  EXPECT_EQ(workers_.started(), 2U);
}

TEST_P(SimulatedCluster, RemembersEndedJobsAndForgetsNoneThatRuns) {
  start_job_manager();
  start_node("a");
  const JobId job = submit();
  wait_for(job, JobState::kRunning);
  workers_.finish(worker(), JobState::kFinished);
  wait_for(job, JobState::kFinished);
  world_.run_for(1s);
  manager_.reset();
  start_job_manager();
  EXPECT_EQ(state(job), JobState::kFinished);
  EXPECT_EQ(manager_->programs().size(), 1U);
}

TEST_P(SimulatedCluster, StopsWithItsJobsReadyToGoOn) {
  start_job_manager();
  start_node("a");
  const JobId job = submit();
  wait_for(job, JobState::kRunning);
  bool stopped = false;
  nodes_["a"]->manager->stop([&] { stopped = true; });
  world_.run_until([&] { return stopped; });
  nodes_.clear();
  stopped = false;
  manager_->stop([&] { stopped = true; });
  world_.run_until([&] { return stopped; });
  manager_.reset();
  start_job_manager();
  start_node("b");
  const auto began = world_.now();
  wait_for(job, JobState::kRunning);
  EXPECT_LT(world_.now() - began, limits_.silence);
}

TEST_P(SimulatedCluster, SpreadsAJobOverTaskManagersWhenNoneHasAllItsSlots) {
  planner_.parallelism = 3;
  start_job_manager();
  start_node("a", 2);
  start_node("b", 1);
  const JobId job = submit();
  world_.run_until([&] { return workers_.running().size() == 2; });
  const auto running = workers_.running();
  EXPECT_EQ(running[0]->node, "a");
  EXPECT_EQ(running[0]->variables["WEIR_WORKER_PLACEMENT"], "0,0,1");
  EXPECT_EQ(running[0]->variables["WEIR_WORKER_PROCESS"], "0");
  EXPECT_EQ(running[1]->node, "b");
  EXPECT_EQ(running[1]->variables["WEIR_WORKER_PROCESS"], "1");
  EXPECT_EQ(running[1]->variables["WEIR_WORKER_LEADER"], "leader:99");
  EXPECT_EQ(running[1]->variables["WEIR_WORKER_SECRET"], running[0]->variables["WEIR_WORKER_SECRET"]);
  EXPECT_EQ(running[1]->variables["WEIR_WORKER_SECRET"].size(), 32U);
  for (const TaskManagerStatus& manager : manager_->task_managers()) EXPECT_EQ(manager.free_slots, 0U);
  workers_.finish(running[0], JobState::kFinished);
  wait_for(job, JobState::kFinished);
  for (const TaskManagerStatus& manager : manager_->task_managers()) EXPECT_EQ(manager.free_slots, manager.slots);
}

TEST_P(SimulatedCluster, StartsAllWorkersOfAJobAgainWhenAnyOfThemDies) {
  planner_.parallelism = 3;
  start_job_manager();
  start_node("a", 1);
  start_node("b", 1);
  start_node("c", 1);
  const JobId job = submit();
  for (std::size_t victim = 0; victim < 3; ++victim) {
    world_.run_until([&] { return workers_.running().size() == 3; });
    const auto running = workers_.running();
    for (const auto& one : running) EXPECT_EQ(one->name.attempt, victim + 1);
    workers_.end(running[victim], "was killed by signal 9 (Killed)");
    world_.run_until([&] { return manager_->job(job)->status->restarts == victim + 1; });
    EXPECT_TRUE(workers_.running().empty()) << "it is started again when nothing of it runs any more";
  }
  world_.run_until([&] { return workers_.running().size() == 3; });
  EXPECT_THAT(manager_->job(job)->status->exceptions.at(1).message, HasSubstr("signal 9"));
  workers_.finish(workers_.running().front(), JobState::kFinished);
  wait_for(job, JobState::kFinished);
}

TEST_P(SimulatedCluster, EndsAJobOnceWhateverItHearsOfFirst) {
  planner_.parallelism = 2;
  start_job_manager();
  start_node("a", 1);
  start_node("b", 1);
  const JobId job = submit();
  world_.run_until([&] { return workers_.running().size() == 2; });
  const auto running = workers_.running();
  workers_.end(running[1], "exited with status 0");  // the one that leads told it that the job is over
  world_.run_for(std::chrono::seconds(1));
  workers_.finish(running[0], JobState::kFinished);
  wait_for(job, JobState::kFinished);
  EXPECT_EQ(workers_.started(), 2U);
  EXPECT_EQ(manager_->job(job)->status->restarts, 0U);
}

TEST_P(SimulatedCluster, StartsAJobAgainOfWhichAWorkerExitedByItself) {
  planner_.parallelism = 2;
  start_job_manager();
  start_node("a", 1);
  start_node("b", 1);
  const JobId job = submit();
  world_.run_until([&] { return workers_.running().size() == 2; });
  workers_.end(workers_.running()[1], "exited with status 0");
  world_.run_until([&] { return workers_.started() == 4 && workers_.running().size() == 2; });
  EXPECT_EQ(manager_->job(job)->status->restarts, 1U);
}

TEST_P(SimulatedCluster, WaitsForTheFenceOfALostTaskManagerBeforeAJobOfSeveralStartsAgain) {
  planner_.parallelism = 2;
  start_job_manager();
  start_node("a", 1);
  start_node("b", 1);
  const JobId job = submit();
  world_.run_until([&] { return workers_.running().size() == 2; });
  start_node("c", 1);
  const std::string lost = workers_.running()[1]->node;
  const std::string kept = workers_.running()[0]->node;
  nodes_.erase(lost);
  const auto began = world_.now();
  world_.run_until([&] { return workers_.started() == 4; });
  EXPECT_GE(world_.now() - began, limits_.silence);
  const auto running = workers_.running();
  ASSERT_EQ(running.size(), 2U);
  EXPECT_EQ((std::set<std::string>{running[0]->node, running[1]->node}), (std::set<std::string>{kept, "c"}));
}

TEST_P(SimulatedCluster, AdoptsAllWorkersOfAJobWhenTheJobManagerIsStartedAgain) {
  planner_.parallelism = 2;
  start_job_manager();
  start_node("a", 1);
  start_node("b", 1);
  const JobId job = submit();
  world_.run_until([&] { return workers_.running().size() == 2; });
  manager_.reset();
  world_.run_for(3s);
  start_job_manager();
  wait_for(job, JobState::kRunning);
  world_.run_for(60s);
  EXPECT_EQ(workers_.started(), 2U);
  // One that ends while nobody looks ends the attempt.
  manager_.reset();
  workers_.end(workers_.running()[1], "was killed by signal 9 (Killed)");
  world_.run_for(3s);
  start_job_manager();
  world_.run_until([&] { return workers_.started() == 4; });
}

TEST_P(SimulatedCluster, CancelsAJobOfSeveralWorkers) {
  planner_.parallelism = 2;
  start_job_manager();
  start_node("a", 1);
  start_node("b", 1);
  const JobId job = submit();
  world_.run_until([&] { return workers_.running().size() == 2; });
  cancel(job);
  wait_for(job, JobState::kCanceled);
  for (const TaskManagerStatus& manager : manager_->task_managers()) EXPECT_EQ(manager.free_slots, 1U);
}

TEST_P(SimulatedCluster, KillsAWorkerThatDoesNotEndWhenItsJobIsCancelled) {
  start_job_manager();
  start_node("a");
  const JobId job = submit();
  wait_for(job, JobState::kRunning);
  worker()->deaf = true;
  cancel(job);
  world_.run_for(29s);
  EXPECT_EQ(workers_.running().size(), 1U);
  wait_for(job, JobState::kCanceled);
  EXPECT_TRUE(workers_.running().empty());
  EXPECT_EQ(manager_->task_managers().at(0).free_slots, 2U);
}

TEST_P(SimulatedCluster, StartsTheOtherWorkersWhenTheConnectionBrokeAsTheFirstWasReady) {
  planner_.parallelism = 2;
  start_job_manager();
  start_node("a", 1);
  start_node("b", 1);
  submit();
  world_.run_until([&] { return workers_.running().size() == 1; });
  world_.net().break_off("", "");
  world_.run_until([&] { return workers_.running().size() == 2; });
}

TEST_P(SimulatedCluster, FindsAJobManagerThatWasStartedAgainElsewhere) {
  start_job_manager();
  FakeLauncher launcher(workers_, "seeker");
  Address at{"localhost", 1};
  TaskManagerOptions options;
  options.job_manager = at;
  options.hello.cluster = "cluster";
  options.hello.token = "token";
  options.hello.node = "seeker";
  options.hello.slots = 1;
  options.find_job_manager = [&at]() -> std::optional<Address> {
    if (at.port == 1) return std::nullopt;
    if (at.port == 2) throw ExternalError("it is just being written");
    return at;
  };
  TaskManager seeker(world_, launcher, options, [](auto, const auto&) {});
  seeker.start();
  for (const std::uint16_t port : {1, 2, 6123}) {
    at.port = port;
    world_.run_for(20s);
    EXPECT_EQ(seeker.connected(), port == 6123) << port;
  }
}

TEST_P(SimulatedCluster, RefusesATaskManagerWithAWrongToken) {
  start_job_manager();
  FakeLauncher launcher(workers_, "stranger");
  TaskManagerOptions options;
  options.hello.cluster = "cluster";
  options.hello.token = "wrong";
  options.hello.node = "stranger";
  TaskManager stranger(world_, launcher, options, [](auto, const auto&) {});
  stranger.start();
  world_.run_for(20s);
  EXPECT_FALSE(stranger.connected());
  EXPECT_TRUE(manager_->task_managers().empty());
  EXPECT_THAT(log_, HasSubstr("token is wrong"));
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulatedCluster, testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace weir::cluster
