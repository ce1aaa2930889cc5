#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/checkpoint/coordinator.h"
#include "weir/checkpoint/statistics.h"
#include "weir/core/graph.h"
#include "weir/core/host.h"
#include "weir/runtime/attempt.h"
#include "weir/runtime/deliveries.h"
#include "weir/runtime/job_options.h"
#include "weir/runtime/job_progress.h"
#include "weir/runtime/job_status.h"
#include "weir/runtime/local_state.h"
#include "weir/runtime/restart_strategy.h"
#include "weir/runtime/state_survey.h"

namespace weir::runtime {

struct AskedSavepoint;
class JobReport;
class PendingSavepoints;
class PreparedSinks;

/// How a job ended.
struct JobResult {
  enum class State { kFinished, kFailed, kCancelled };
  State state = State::kFinished;
  std::string message;         ///< failed: what and where
  std::exception_ptr error;    ///< failed: what ended it
  std::string savepoint = {};  ///< finished: the directory of the savepoint that it was stopped with; else empty
};

/// What a job does when a savepoint of it is made.
enum class AfterSavepoint : std::uint8_t {
  kRunsOn,
  kStops,  ///< reads nothing behind it and finishes, once all output up to there is delivered
};

/// One job in this process: finds out where to begin, prepares its sinks, runs attempts and their checkpoints, delivers
/// output, restarts by its strategy.
///
/// With checkpoints a job that is started again goes on from the newest completed one, in this process or another.
/// Thread: control loop, but start() and cancel() may be called from anywhere. `done` is called once, on the control
/// loop, when nothing of the job runs any more; after it the job may be destroyed anywhere. Before it, only on the
/// control loop.
class LocalJob {
 public:
  /// Requires: `host` outlives it.
  /// Errors: UserError for a graph that cannot be planned, or for less memory than it needs.
  LocalJob(Host& host, Graph graph, JobOptions options, std::function<void(JobResult)> done);
  ~LocalJob();

  /// Called once. What goes wrong is told by `done`.
  void start();

  /// Stops without handling what was not read. Without checkpoints, output that is not delivered is dropped; once its
  /// delivery has begun the job finishes instead. With checkpoints the job can go on later, unless its options say that
  /// a cancelled job keeps nothing.
  void cancel();

  /// Takes a checkpoint as soon as none is being taken; it counts and is kept like any other. `done` is told once,
  /// later, unless the job is destroyed first. Control loop only.
  void checkpoint_now(std::function<void(const checkpoint::Taken&)> done);

  /// Makes a savepoint in a new directory below `directory`, of a checkpoint that is taken now and whose output is
  /// delivered first. `done` is told once, later, unless the job is destroyed first: its path is the savepoint's. A job
  /// that is to stop and cannot be saved goes on from its newest checkpoint. Control loop only.
  void savepoint(std::string directory, AfterSavepoint after, std::function<void(const checkpoint::Taken&)> done);

  /// Of the attempt that runs, or of the last one. Control loop only, `done` included.
  JobProgress progress() const;
  /// Everything that the job tells about itself, now. Control loop only, `done` included.
  JobStatus status() const;
  const Plan& plan() const { return plan_; }
  const Graph& graph() const { return graph_; }

 private:
  enum class Phase { kNew, kStarting, kRunning, kDelivering, kOver };

  // Beginning.
  void begin();
  void opened(const checkpoint::Opened& opened, std::exception_ptr error);
  void prepare();
  void tell(const std::vector<SurveyedState>& survey);
  /// Throws when another process has taken over; without checkpoints none can.
  std::function<void()> fence() const;
  void prepared(std::exception_ptr error);
  void deploy();

  // Running.
  checkpoint::Coordinator::Events coordinator_events();
  Attempt::Events attempt_events();
  Deliveries::Events delivery_events();
  void delivered(CheckpointId checkpoint);
  bool may_give_up_delivering() const;
  // Savepoints.
  void take(checkpoint::CheckpointWish wish, std::function<void(const checkpoint::Taken&)> done);
  void taken(const AskedSavepoint& asked, const checkpoint::Taken& taken);
  void saved(const AskedSavepoint& asked, const checkpoint::Taken& taken);
  void saved_to_stop(const AskedSavepoint& asked, checkpoint::Taken taken);
  /// The sources have stopped for nothing.
  void read_on();

  void attempt_failed(const std::string& where, std::exception_ptr error);

  // Ending.
  /// `rest`: what becomes of tasks that have neither ended nor failed.
  void end_attempt(TaskState rest);
  void finish(JobResult result);
  void clean_up_when_quiet();
  void clean_up();
  /// The coordinator has ended; `failure` says how, unless all went well.
  void closed(const std::exception_ptr& failure);
  void tell();
  /// Runs act(job) later on the control loop, unless the job is over by then.
  void later(std::function<void(LocalJob&)> act);
  std::function<void()> guarded(std::function<void(LocalJob&)> act);

  Host& host_;
  Graph graph_;
  JobOptions options_;
  Plan plan_;
  std::function<void(JobResult)> done_;
  RestartCounter restarts_;
  std::uint32_t restarted_ = 0;
  std::unique_ptr<JobReport> report_;
  Phase phase_ = Phase::kNew;
  JobResult result_;                                  ///< once it is over
  bool refused_at_first_ = false;                     ///< the job's very first preparation is not done
  bool preparing_ = false;                            ///< a helper thread works on sinks or local state
  bool cancelled_ = false;                            ///< the job's owner wants it to end
  Deliveries::Rest rest_ = Deliveries::Rest::kTried;  ///< what becomes of output that is not delivered at the end
  bool delivering_ = true;                            ///< `deliveries_` has not stopped
  std::size_t undelivered_ = 0;                       ///< pieces of output that were left
  std::shared_ptr<PreparedSinks> sinks_;
  MonotonicTime attempt_started_{};

  std::unique_ptr<checkpoint::Coordinator> coordinator_;  ///< null: no checkpoints
  checkpoint::Opened opened_;                             ///< where the attempt at hand begins
  std::uint32_t attempts_ = 0;
  /// Null: none taken, or none of its own.
  const std::shared_ptr<std::unique_ptr<FileLock>> state_place_ = std::make_shared<std::unique_ptr<FileLock>>();
  std::shared_ptr<LocalState> local_;

  std::unique_ptr<PendingSavepoints> savepoints_;

  Deliveries deliveries_;
  std::unique_ptr<Attempt> attempt_;
  JobProgress last_;  ///< what all attempts that have ended had done
  std::unique_ptr<Timer> restart_timer_;
  std::shared_ptr<LocalJob*> self_;
};

}  // namespace weir::runtime
