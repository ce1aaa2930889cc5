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
#include "weir/core/graph.h"
#include "weir/core/host.h"
#include "weir/core/snapshot.h"
#include "weir/runtime/channel.h"
#include "weir/runtime/deliveries.h"
#include "weir/runtime/job_options.h"
#include "weir/runtime/local_state.h"
#include "weir/runtime/task_metrics.h"
#include "weir/runtime/worker.h"

namespace weir::runtime {

/// What an attempt of a job with checkpoints begins with.
struct AttemptCheckpoints {
  AttemptId attempt{};
  GenerationId generation{};
  std::shared_ptr<const checkpoint::Store> store;
  std::shared_ptr<const LocalState> local;
  std::shared_ptr<const checkpoint::Manifest> from;  ///< null: the beginning
};

/// One deployment of a job's tasks: makes workers, tasks and channels, runs them, takes them down.
///
/// Without checkpoints it ends in one of two ways, told once: on_ended (everything was read and handled, and all output
/// is staged), or on_failed (of the first task or source that failed). With checkpoints it only fails; what tasks
/// acknowledge is told. Destroy it at any time. Thread: control loop.
class Attempt {
 public:
  struct Events {
    std::function<void(std::vector<SinkDelivery> staged)> on_ended;
    std::function<void(std::string where, std::exception_ptr error)> on_failed;
    std::function<void(CheckpointId, TaskIndex, SubtaskIndex, TaskSnapshot)> on_acknowledged;
    std::function<void(CheckpointId, TaskIndex, SubtaskIndex, std::string why)> on_declined;
    std::function<void()> on_exhausted;  ///< all sources have read all
  };

  /// Requires: `host`, `graph` and `plan` outlive it.
  Attempt(Host& host, const Graph& graph, const Plan& plan, const JobOptions& options,
          std::optional<AttemptCheckpoints> checkpoints, Events events);
  ~Attempt();
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  /// Called once. Errors: whatever making the operators throws.
  void start();

  /// Lets every source send the barrier.
  void trigger(const checkpoint::Trigger& trigger);
  /// Tells every task.
  void completed(CheckpointId checkpoint);

  /// By their index.
  std::vector<checkpoint::CoordinatedTask> tasks() const;

  /// State files that turned out to be missing or damaged when they were fetched, and why.
  std::vector<std::pair<std::string, std::string>> damaged_files() const;

  /// The counters of all subtasks, by task and subtask, for anyone's reading while the attempt lives.
  using Metrics = std::vector<std::vector<std::unique_ptr<TaskMetrics>>>;
  const Metrics& metrics() const { return metrics_; }

 private:
  class Assigner;
  struct Place {
    std::size_t worker;
    std::size_t local;
  };
  struct Wiring;

  void place_subtasks();
  void make_wakes();
  Wiring make_channels();
  void make_task(const PlanTask& task, std::uint32_t subtask, Wiring& wiring);
  StageState make_stage_state(const GraphNode& node, const OperatorContext& context, const Chain::Stage& stage);
  TaskEvents task_events(TaskIndex task, SubtaskIndex subtask);
  void start_sources();
  Task& task(TaskIndex task, std::uint32_t subtask);
  TaskSignal signal(TaskIndex task, std::uint32_t subtask);
  TaskListener listener();
  template <class Call>
  void for_each_subtask(Call&& call);
  template <class Call>
  void for_each_source(Call&& call);
  /// Runs act(attempt) on the control loop, unless the attempt is gone by then. Thread-safe.
  std::function<void(std::function<void(Attempt&)>)> poster();

  void task_ended(const std::vector<SinkDelivery>& staged);
  void source_exhausted();
  void fail(std::string where, std::exception_ptr error);

  Host& host_;
  const Graph& graph_;
  const Plan& plan_;
  const JobOptions& options_;
  std::optional<AttemptCheckpoints> checkpoints_;
  Events events_;

  std::vector<std::vector<Place>> places_;  ///< by task and subtask
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<std::shared_ptr<const std::function<void()>>> wakes_;  ///< what notifiers call, by task and subtask
  Metrics metrics_;
  struct KeyedStage {
    std::string name;
    SubtaskIndex subtask{};
    std::uint32_t parallelism = 1;
    std::shared_ptr<StateFiles> files;
  };
  std::vector<KeyedStage> keyed_;
  std::vector<std::unique_ptr<Assigner>> assigners_;
  std::vector<std::unique_ptr<SplitEnumerator>> enumerators_;
  std::vector<std::unique_ptr<Loop>> loops_;

  std::size_t subtasks_ = 0;
  std::size_t ended_ = 0;
  std::size_t sources_left_ = 0;  ///< subtasks of sources that have more to read
  std::vector<SinkDelivery> staged_;
  bool over_ = false;
  std::shared_ptr<Attempt*> self_;  ///< what posted events hold weakly: they do nothing once it is gone
};

}  // namespace weir::runtime
