#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "weir/cluster/job_manager.h"
#include "weir/cluster/task_manager.h"
#include "weir/sim/world.h"

// A cluster's doubles in a simulated world: programs, and workers that do what a test says.

namespace weir::cluster {

/// All workers of the world. At no time may two attempts of one job run, nor two workers of it on one TaskManager.
class Workers {
 public:
  struct One {
    WorkerName name;
    std::string node;
    WorkerLauncher::Events events;
    std::map<std::string, std::string> variables;
    bool runs = true;
    bool deaf = false;  ///< it does what it is told by nothing but force

    bool leads() const {
      return !variables.contains("WEIR_WORKER_PROCESS") || variables.at("WEIR_WORKER_PROCESS") == "0";
    }
  };

  explicit Workers(sim::World& world) : world_(world) {}

  std::shared_ptr<One> start(const StartWorker& start, std::string node, WorkerLauncher::Events events) {
    for (const auto& other : all_)
      EXPECT_FALSE(other->runs && other->name.job == start.worker.job &&
                   (other->name.attempt != start.worker.attempt || other->node == node))
          << "two workers run one job; seed " << world_.seed();
    all_.push_back(std::make_shared<One>(One{start.worker, std::move(node), std::move(events), {}}));
    const auto& one = all_.back();
    for (const auto& [name, value] : start.variables) one->variables[name] = value;
    if (one->leads()) report(one);
    if (one->leads() && one->variables.contains("WEIR_WORKER_PLACEMENT")) be_ready(one);
    if (!one->leads()) join(one);
    return one;
  }

  void end(const std::shared_ptr<One>& one, const std::string& what) {
    if (!one->runs) return;
    one->runs = false;
    world_.post([one, what] {
      const auto on_ended = one->events.on_ended;
      if (on_ended) on_ended({what, "last words", what == "exited with status 0"});
    });
  }

  /// Now and every second while it runs.
  void report(const std::shared_ptr<One>& one) {
    world_.post([one] {
      runtime::JobStatus status;
      status.name = "job";
      status.state = runtime::JobState::kRunning;
      if (one->runs && one->events.on_message)
        one->events.on_message(JobReport{one->name, runtime::encode_status(status)});
    });
    world_.after(std::chrono::seconds(1), [this, one] {
      if (one->runs) report(one);
    });
  }

  /// One whose leader has ended meanwhile finds nobody to join.
  void join(const std::shared_ptr<One>& one) {
    world_.after(std::chrono::milliseconds(10), [this, one] {
      for (const auto& other : all_)
        if (other->runs && other->leads() && other->name == one->name) return;
      end(one, "exited with status 1");
    });
  }

  /// Its other workers may join it.
  void be_ready(const std::shared_ptr<One>& one) {
    world_.after(std::chrono::milliseconds(10), [one] {
      if (one->runs && one->events.on_message) one->events.on_message(WorkerReady{one->name, "leader", 99});
    });
  }

  void finish(const std::shared_ptr<One>& one, runtime::JobState state) {
    world_.post([this, one, state] {
      runtime::JobStatus status;
      status.name = "job";
      status.state = state;
      if (one->events.on_message) one->events.on_message(JobEnded{one->name, runtime::encode_status(status)});
      end_all(one->name);
    });
  }

  /// The one that leads tells the others.
  void end_all(const WorkerName& name) {
    for (const auto& one : all_)
      if (one->name == name) end(one, "exited with status 0");
  }

  /// With a savepoint.
  void stop(const std::shared_ptr<One>& one, const std::string& trigger) {
    world_.post([this, one, trigger] {
      if (!one->runs || !one->events.on_message) return;
      one->events.on_message(CommandResult{one->name, trigger, "/savepoint", ""});
      if (ends_when_stopped) finish(one, runtime::JobState::kFinished);
    });
  }
  bool ends_when_stopped = true;

  void take_checkpoint(const std::shared_ptr<One>& one, const std::string& trigger) {
    world_.after(std::chrono::milliseconds(10), [one, trigger] {
      if (one->runs && one->events.on_message) one->events.on_message(CommandResult{one->name, trigger, "7", ""});
    });
  }

  std::vector<std::shared_ptr<One>> running() const {
    std::vector<std::shared_ptr<One>> found;
    for (const auto& one : all_)
      if (one->runs) found.push_back(one);
    return found;
  }
  std::size_t started() const { return all_.size(); }

 private:
  sim::World& world_;
  std::vector<std::shared_ptr<One>> all_;
};

class FakeLauncher final : public WorkerLauncher {
 public:
  FakeLauncher(Workers& workers, std::string node) : workers_(workers), node_(std::move(node)) {}

  std::unique_ptr<Worker> launch(const StartWorker& start, Events events) override {
    return std::make_unique<FakeWorker>(workers_, workers_.start(start, node_, std::move(events)));
  }

 private:
  class FakeWorker final : public Worker {
   public:
    FakeWorker(Workers& workers, std::shared_ptr<Workers::One> one) : workers_(workers), one_(std::move(one)) {}
    ~FakeWorker() override {
      one_->events = {};
      one_->runs = false;
    }
    std::uint64_t pid() const override { return 1; }
    void send(const Message& message) override {
      const auto* command = std::get_if<JobCommand>(&message);
      if (command == nullptr || one_->deaf) return;
      if (command->kind == JobCommand::Kind::kCancel) workers_.finish(one_, runtime::JobState::kCanceled);
      if (command->kind == JobCommand::Kind::kStop) workers_.stop(one_, command->trigger);
      if (command->kind == JobCommand::Kind::kCheckpoint) workers_.take_checkpoint(one_, command->trigger);
    }
    void kill() override { workers_.end(one_, "was killed by signal 9 (Killed)"); }

   private:
    Workers& workers_;
    std::shared_ptr<Workers::One> one_;
  };

  Workers& workers_;
  const std::string node_;
};

class FakePlanner final : public ProgramPlanner {
 public:
  explicit FakePlanner(Host& host) : host_(host) {}
  std::uint32_t parallelism = 1;

  void plan(const ProgramCommand&, Planned done) override {
    host_.post([this, done] {
      ProgramPlan plan;
      plan.status.name = "job";
      plan.status.vertices.resize(1);
      plan.status.vertices[0].parallelism = parallelism;
      done(plan, nullptr);
    });
  }

 private:
  Host& host_;
};

/// One TaskManager and what it runs.
struct Node {
  Node(Host& host, Workers& workers, const std::string& name, std::uint32_t slots, HeartbeatLimits limits)
      : launcher(workers, name) {
    TaskManagerOptions options;
    options.job_manager = {"localhost", 6123};
    options.limits = limits;
    options.hello.cluster = "cluster";
    options.hello.token = "token";
    options.hello.node = name;
    options.hello.slots = slots;
    options.hello.process_id = 1000;
    options.memory_of = [](std::uint64_t process) { return process; };
    manager = std::make_unique<TaskManager>(host, launcher, options, [](auto, const auto&) {});
    manager->start();
  }

  FakeLauncher launcher;
  std::unique_ptr<TaskManager> manager;
};

}  // namespace weir::cluster
