#pragma once

#include <cstdint>
#include <deque>
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
#include "weir/runtime/attempt.h"
#include "weir/runtime/job_options.h"
#include "weir/runtime/local_state.h"
#include "weir/runtime/other_processes.h"

namespace weir::runtime {

/// The share of a job that a process has which does not lead it: makes its subtasks when an attempt begins, takes them
/// down when it ends, passes on orders and tells what comes of them.
///
/// Nothing of an attempt is told after its end. Thread: control loop; events come there and not from within a call.
class JobMember {
 public:
  struct Events {
    /// The exchange of an attempt is there: it is to be connected with those of the other processes.
    std::function<void(Exchange&)> begun;
    std::function<void(CheckpointId, TaskIndex, SubtaskIndex, TaskSnapshot)> acknowledged;
    std::function<void(CheckpointId, TaskIndex, SubtaskIndex, std::string why)> declined;
    std::function<void(std::vector<SinkDelivery> staged)> subtask_ended;
    std::function<void()> source_exhausted;
    /// The attempt has to end. `damaged`: Attempt::damaged_files().
    std::function<void(std::string where, std::exception_ptr error,
                       std::vector<std::pair<std::string, std::string>> damaged)>
        failed;
  };

  /// Requires: `host` outlives it. Errors: UserError for a graph that cannot be planned.
  JobMember(Host& host, Graph graph, JobOptions options, std::uint32_t process, Events events);
  ~JobMember();
  JobMember(const JobMember&) = delete;
  JobMember& operator=(const JobMember&) = delete;

  const Graph& graph() const { return graph_; }
  const Plan& plan() const { return plan_; }

  /// Begins an attempt; orders that follow wait until its subtasks are made. Requires: none has begun and not ended.
  void begin(const OtherProcesses::Beginning& beginning);
  void end();

  // Orders for the attempt at hand; without one they do nothing.
  void assign(TaskIndex task, SubtaskIndex subtask, Split split);
  void no_more_splits(TaskIndex task, SubtaskIndex subtask);
  void trigger(checkpoint::Trigger trigger);
  void completed(CheckpointId checkpoint);

  /// What its subtasks have counted; nothing without an attempt.
  std::optional<ShareReport> report() const;

 private:
  void prepared(std::uint64_t turn, const OtherProcesses::Beginning& beginning, std::shared_ptr<LocalState> local,
                const std::exception_ptr& error);
  void fail(const std::string& where, std::exception_ptr error);
  void order(std::function<void(Attempt&)> what);
  Attempt::Events attempt_events();

  Host& host_;
  const Graph graph_;
  JobOptions options_;
  const std::uint32_t process_;
  const Plan plan_;
  const Events events_;

  std::uint64_t turn_ = 0;  ///< of begin() and end(): what belongs to an earlier one counts no more
  bool preparing_ = false;
  std::deque<std::function<void(Attempt&)>> orders_;  ///< while it prepares
  std::shared_ptr<LocalState> local_;
  std::unique_ptr<Attempt> attempt_;
  std::shared_ptr<JobMember*> self_;
};

}  // namespace weir::runtime
