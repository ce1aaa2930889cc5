#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/runtime/local_job.h"
#include "weir/sim/world.h"
#include "weir/state/cold_store.h"

namespace weir::runtime {

/// Options of a job whose checkpoints lie on the world's disk, in /checkpoints.
inline JobOptions checkpointed_options() {
  JobOptions options;
  options.parallelism = 2;
  options.workers = 2;
  options.batch_size = 4;
  options.channel_batches = 4;
  options.key_groups = 16;
  options.drain_slice_rows = 2;
  options.checkpoints.emplace();
  options.checkpoints->directory = "/checkpoints";
  options.checkpoints->job = "sequence";
  options.checkpoints->holder = "here";
  options.checkpoints->interval = Duration{40};
  options.cold_stores = state::make_map_stores;
  return options;
}

/// A job that is started, killed and started again in one world, process after process.
class CheckpointedRun {
 public:
  CheckpointedRun(sim::World& world, std::function<Graph()> graph) : world_(world), graph_(std::move(graph)) {}

  /// Begins a process with the job.
  void start() {
    result_.reset();
    JobOptions with = options;
    with.log = [this](LogLevel, const std::string& line) { log.push_back(line); };
    job_ =
        std::make_unique<LocalJob>(world_, graph_(), with, [this](JobResult result) { result_ = std::move(result); });
    job_->start();
  }

  bool ended() const { return result_.has_value(); }

  /// Runs until the job has ended, or done() says so.
  void run_until(const std::function<bool()>& done) {
    world_.run_until([&] { return ended() || done(); });
  }
  void run_for(std::chrono::nanoseconds time) {
    const MonotonicTime end = world_.now() + time;
    world_.after(time, [] {});
    run_until([&] { return world_.now() >= end; });
  }

  const JobResult& run() {
    run_until([] { return false; });
    return *result_;
  }

  /// start() and run().
  const JobResult& run_to_end() {
    start();
    return run();
  }

  enum class Death { kKill, kPowerLoss };

  /// Ends the process, and lets the next begin.
  void kill(Death death) {
    death == Death::kKill ? world_.kill_process() : world_.lose_power();
    job_.reset();
    world_.start_process();
  }

  LocalJob& job() { return *job_; }
  checkpoint::Statistics statistics() const { return job_->progress().checkpoints.value_or(checkpoint::Statistics{}); }

  JobOptions options = checkpointed_options();
  std::vector<std::string> log;  ///< of all processes

 private:
  sim::World& world_;
  std::function<Graph()> graph_;
  std::optional<JobResult> result_;
  std::unique_ptr<LocalJob> job_;
};

}  // namespace weir::runtime
