#pragma once

#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/checkpoint/options.h"
#include "weir/core/error.h"
#include "weir/runtime/local_job.h"
#include "weir/sim/world.h"
#include "weir/state/cold_store.h"
#include "weir/stream/environment.h"

namespace weir::tests {

/// How a simulated job is run.
struct SimOptions {
  std::uint32_t parallelism = 1;
  std::uint32_t workers = 2;
  std::size_t batch_size = 1024;
  std::size_t channel_batches = 4;
  bool pre_aggregate = true;
  bool drain = false;
  runtime::RestartStrategy restart;
  std::optional<checkpoint::Options> checkpoints;
  std::size_t drain_slice_rows = 3;  ///< few: between the slices of a drain records come
  /// Memory of the keyed state of each subtask, unless WEIR_TEST_STATE_SHARE has another.
  std::optional<std::size_t> state_share;
  std::vector<std::string> arguments;
};

/// Of the environment: the same tests with other memory.
inline std::optional<std::size_t> tested_state_share() {
  const char* const bytes = std::getenv("WEIR_TEST_STATE_SHARE");
  return bytes == nullptr ? std::nullopt : std::optional<std::size_t>(std::strtoull(bytes, nullptr, 10));
}

/// A whole job in a simulated world: the same job function that weir::run takes. With checkpoints, state lies in the
/// ordered maps that stand in for RocksDB.
class SimJob {
 public:
  SimJob(sim::World& world, const std::function<void(Environment&)>& job, const SimOptions& options = {})
      : world_(world) {
    Environment env(Arguments(options.arguments), EnvironmentOptions{options.pre_aggregate});
    job(env);
    runtime::JobOptions job_options;
    job_options.parallelism = options.parallelism;
    job_options.workers = options.workers;
    job_options.batch_size = options.batch_size;
    job_options.channel_batches = options.channel_batches;
    job_options.drain = options.drain;
    job_options.restart = options.restart;
    job_options.checkpoints = options.checkpoints;
    job_options.cold_stores = state::make_map_stores;
    job_options.drain_slice_rows = options.drain_slice_rows;
    if (options.checkpoints) {
      const auto tested = tested_state_share();
      job_options.state_share = tested ? tested : options.state_share;
    }
    job_options.log = [this](runtime::LogLevel, const std::string& line) { log_.push_back(line); };
    job_ = std::make_unique<runtime::LocalJob>(world, env.take_graph(), job_options,
                                               [this](runtime::JobResult result) { result_ = std::move(result); });
    job_->start();
  }

  /// Runs the world until the job has ended. Errors: as World::run_until; Error (Internal) when something that must not
  /// block has called the file system.
  const runtime::JobResult& run(const sim::RunLimits& limits = {}) {
    run_until([] { return false; }, limits);
    return *result_;
  }

  /// As run(), but stops early when done() says so.
  void run_until(const std::function<bool()>& done, const sim::RunLimits& limits = {}) {
    world_.run_until([&] { return result_.has_value() || done(); }, limits);
    if (world_.misplaced_file_calls() > 0)
      throw Error(Domain::kInternal, Retry::kNo,
                  "a task or the control loop called the file system, where nothing may block");
  }

  bool ended() const { return result_.has_value(); }
  /// Requires: ended().
  const runtime::JobResult& result() const { return *result_; }
  runtime::LocalJob& job() { return *job_; }
  const std::vector<std::string>& log() const { return log_; }

 private:
  sim::World& world_;
  std::optional<runtime::JobResult> result_;
  std::vector<std::string> log_;
  std::unique_ptr<runtime::LocalJob> job_;
};

/// Runs a job to its end in a world of its own.
inline runtime::JobResult run_in_simulation(std::uint64_t seed, const std::function<void(Environment&)>& job,
                                            const SimOptions& options = {}) {
  sim::World world(seed);
  return SimJob(world, job, options).run();
}

}  // namespace weir::tests
