// A thousand TaskManagers.

#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "weir/cluster/job_manager.h"
#include "weir/sim/world.h"

#include "simulated_workers.h"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kTaskManagers = 1000;

class LargeCluster : public testing::Test {
 protected:
  LargeCluster() {
    JobManagerOptions options;
    options.directory = "/cluster";
    options.peers = {"cluster", "token"};
    manager_ = std::make_unique<JobManager>(world_, planner_, options, [](auto, const auto&) {});
    bool ready = false;
    manager_->start([&](const std::exception_ptr&) { ready = true; });
    world_.run_until([&] { return ready; });
  }
  ~LargeCluster() override {
    nodes_.clear();
    manager_.reset();
    world_.run_for(1s);
  }

  void start_node(std::uint32_t number) {
    const std::string name = fmt::format("node {:04}", number);
    nodes_[name] = std::make_unique<Node>(world_, workers_, name, 1, HeartbeatLimits{});
  }

  std::string program() {
    std::string id;
    world_.blocking([this] { world_.files().create("/upload")->append("program"); }, [](const std::exception_ptr&) {});
    world_.run_for(1s);
    manager_->add_program("program", "/upload",
                          [&](const UploadedProgram& added, std::exception_ptr) { id = added.id; });
    world_.run_until([&] { return !id.empty(); });
    return id;
  }

  /// Runs until then, and tells what it took.
  template <class Done>
  void measure(const char* what, Done done) {
    const auto real = std::chrono::steady_clock::now();
    const MonotonicTime began = world_.now();
    const std::uint64_t writes = world_.net().writes();
    world_.run_until(done);
    const auto took = [](auto time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time).count(); };
    messages_ = world_.net().writes() - writes;
    std::cout << fmt::format("{}: {} ms of virtual time, {} messages, in {} ms\n", what, took(world_.now() - began),
                             messages_, took(std::chrono::steady_clock::now() - real));
  }

  bool all_run(std::uint64_t attempt) const {
    const auto running = workers_.running();
    return running.size() == kTaskManagers && running.back()->name.attempt == attempt;
  }

  sim::World world_{1};
  Workers workers_{world_};
  FakePlanner planner_{world_};
  std::unique_ptr<JobManager> manager_;
  std::map<std::string, std::unique_ptr<Node>> nodes_;
  std::uint64_t messages_ = 0;
};

TEST_F(LargeCluster, SchedulesTakesACheckpointAndRecovers) {
  for (std::uint32_t number = 0; number <= kTaskManagers; ++number) start_node(number);
  measure("connecting", [this] { return manager_->task_managers().size() == kTaskManagers + 1; });

  RunRequest request;
  request.program = program();
  planner_.parallelism = kTaskManagers;
  JobId job;
  manager_->run(request, [&](const JobId& id, const std::exception_ptr&) { job = id; });
  measure("scheduling", [this] { return all_run(1); });
  EXPECT_LT(messages_, 4 * kTaskManagers);

  const auto trigger = manager_->checkpoint(job);
  ASSERT_TRUE(trigger.has_value());
  measure("a checkpoint",
          [&] { return manager_->operation(job, *trigger)->state == OperationStatus::State::kCompleted; });
  EXPECT_EQ(manager_->operation(job, *trigger)->location, "7");

  // One is lost, and one was free.
  nodes_.erase(workers_.running().at(500)->node);
  measure("recovering", [this] { return all_run(2); });

  workers_.finish(workers_.running().front(), runtime::JobState::kFinished);
  measure("finishing", [&] { return manager_->job(job)->status->state == runtime::JobState::kFinished; });
}

}  // namespace
}  // namespace weir::cluster
