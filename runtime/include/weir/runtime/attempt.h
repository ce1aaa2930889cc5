#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
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
#include "weir/runtime/exchange.h"
#include "weir/runtime/job_options.h"
#include "weir/runtime/local_state.h"
#include "weir/runtime/other_processes.h"
#include "weir/runtime/share_report.h"
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

/// Which part of a job an attempt's process has.
struct Share {
  Placement placement;
  std::uint32_t process = 0;         ///< 0 leads: it has the enumerators, and is told what becomes of all subtasks
  OtherProcesses* others = nullptr;  ///< of process 0, if there are others; outlives the attempt
};

/// One deployment of a job's tasks: makes workers, tasks and channels, runs them, takes them down.
///
/// A job of several processes has an attempt in each, with the subtasks of its share; the one that leads stands for the
/// whole. Without checkpoints it ends in one of two ways, told once: on_ended (everything was read and handled, and all
/// output is staged), or on_failed (of the first task or source that failed). With checkpoints it only fails; what
/// tasks acknowledge is told. Destroy it at any time. Thread: control loop.
class Attempt {
 public:
  struct Events {
    std::function<void(std::vector<SinkDelivery> staged)> on_ended;
    std::function<void(std::string where, std::exception_ptr error)> on_failed;
    std::function<void(CheckpointId, TaskIndex, SubtaskIndex, TaskSnapshot)> on_acknowledged;
    std::function<void(CheckpointId, TaskIndex, SubtaskIndex, std::string why)> on_declined;
    std::function<void()> on_exhausted;  ///< all sources have read all

    // Of a process that does not lead, in place of on_ended and on_exhausted.
    std::function<void(std::vector<SinkDelivery> staged)> on_subtask_ended = {};
    std::function<void()> on_source_exhausted = {};  ///< one subtask of a source
  };

  /// Requires: `host`, `graph` and `plan` outlive it.
  Attempt(Host& host, const Graph& graph, const Plan& plan, const JobOptions& options,
          std::optional<AttemptCheckpoints> checkpoints, Events events, Share share = {});
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

  /// What subtasks have counted in this attempt; of other processes' what was told last.
  ShareReport report() const;

  // ---- Orders of the process that leads, in another one. Of subtasks that it has.

  void assign(TaskIndex task, SubtaskIndex subtask, Split split);
  void no_more_splits(TaskIndex task, SubtaskIndex subtask);
  /// Null: all subtasks are in one process.
  Exchange* exchange() { return exchange_.get(); }

  // ---- What other processes tell the one that leads.

  void acknowledged(CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask, TaskSnapshot snapshot);
  void declined(CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask, const std::string& why);
  void subtask_ended(const std::vector<SinkDelivery>& staged) { task_ended(staged); }
  void source_exhausted();
  /// `damaged`: as damaged_files().
  void failed(const std::string& where, std::exception_ptr error,
              const std::vector<std::pair<std::string, std::string>>& damaged);
  void reported(std::uint32_t process, ShareReport report);

 private:
  class Assigner;
  struct Place {
    std::size_t worker;
    std::size_t local;
  };
  struct Wiring;
  struct ChannelPlan;

  void place_subtasks();
  void make_wakes();
  bool is_mine(std::uint32_t subtask) const;
  /// Of the edge: channels of all processes count, so that they have the same numbers everywhere.
  Channel* make_channel(const ChannelPlan& plan);
  void make_exchange();
  Wiring make_channels();
  void make_task(const PlanTask& task, std::uint32_t subtask, Wiring& wiring);
  StageState make_stage_state(const GraphNode& node, const OperatorContext& context, const Chain::Stage& stage);
  TaskEvents task_events(TaskIndex task, SubtaskIndex subtask);
  void start_sources();
  void give(TaskIndex task, SubtaskIndex subtask, Split split);
  void give_no_more(TaskIndex task, SubtaskIndex subtask);
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
  void fail(std::string where, std::exception_ptr error);

  Host& host_;
  const Graph& graph_;
  const Plan& plan_;
  const JobOptions& options_;
  std::optional<AttemptCheckpoints> checkpoints_;
  Events events_;
  const Share share_;

  std::vector<std::vector<Place>> places_;  ///< by task and subtask; of its own
  std::unique_ptr<Exchange> exchange_;      ///< null: all subtasks are in this process
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<std::shared_ptr<const std::function<void()>>> wakes_;  ///< what notifiers call, by task and subtask
  std::vector<std::vector<std::unique_ptr<TaskMetrics>>> metrics_;   ///< by task and subtask; null: another process's
  std::map<std::uint32_t, ShareReport> told_;                        ///< by process
  std::vector<std::pair<std::string, std::string>> told_damaged_;
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
