#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "weir/core/graph.h"
#include "weir/core/host.h"
#include "weir/runtime/attempt.h"
#include "weir/runtime/job_options.h"
#include "weir/runtime/restart_strategy.h"

namespace weir::runtime {

class PreparedSinks;

/// How a job ended.
struct JobResult {
  enum class State { kFinished, kFailed, kCancelled };
  State state = State::kFinished;
  std::string message;       ///< failed: what and where
  std::exception_ptr error;  ///< failed: what ended it
};

/// Sums over a job's subtasks, for a status line.
struct JobProgress {
  std::uint64_t records_in = 0;   ///< read by sources
  std::uint64_t records_out = 0;  ///< taken by sinks
  std::uint64_t late = 0;
  std::uint64_t malformed = 0;
  std::uint64_t far_future = 0;
  Watermark watermark;  ///< the least over the last operators
  std::uint32_t restarts = 0;
};

/// One job in this process: prepares its sinks, runs attempts, restarts by its strategy.
///
/// Thread: control loop, but start() and cancel() may be called from anywhere. `done` is called once, on the control
/// loop, when nothing of the job runs any more; after it the job may be destroyed anywhere. Before it, only on the
/// control loop.
class LocalJob {
 public:
  /// Requires: `host` outlives it.
  /// Errors: UserError for a graph that cannot be planned.
  LocalJob(Host& host, Graph graph, JobOptions options, std::function<void(JobResult)> done);
  ~LocalJob();

  /// Called once. What goes wrong is told by `done`.
  void start();

  /// Stops without handling what was not read. Output that is not delivered is dropped; once its delivery has begun the
  /// job finishes instead.
  void cancel();

  /// Of the attempt that runs, or of the last one. Control loop only, `done` included.
  JobProgress progress() const;
  const Plan& plan() const { return plan_; }
  const Graph& graph() const { return graph_; }

 private:
  void prepare();
  void deploy();
  void attempt_failed(const std::string& where, std::exception_ptr error);
  void end_attempt();
  void finish(JobResult result);
  void abandon();
  std::function<void()> guarded(std::function<void(LocalJob&)> act);

  Host& host_;
  Graph graph_;
  JobOptions options_;
  Plan plan_;
  std::function<void(JobResult)> done_;
  RestartCounter restarts_;
  std::uint32_t restarted_ = 0;
  bool over_ = false;
  JobResult result_;        ///< once it is over
  bool preparing_ = false;  ///< a helper thread works on the sinks
  std::shared_ptr<PreparedSinks> sinks_;
  MonotonicTime attempt_started_{};
  std::unique_ptr<Attempt> attempt_;
  JobProgress last_;  ///< what the attempt that ended last had done
  std::unique_ptr<Timer> restart_timer_;
  std::shared_ptr<LocalJob*> self_;
};

}  // namespace weir::runtime
