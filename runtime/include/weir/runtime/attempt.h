#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/core/graph.h"
#include "weir/core/host.h"
#include "weir/runtime/channel.h"
#include "weir/runtime/job_options.h"
#include "weir/runtime/worker.h"

namespace weir::runtime {

/// Counters of one node in one subtask.
struct SubtaskMetrics {
  NodeId node{};
  SubtaskIndex subtask{};
  OperatorMetrics counters;
};

/// One deployment of a job's tasks: makes workers, tasks and channels, runs them, takes them down.
///
/// It ends in one of two ways, told once: on_finished (everything was read, handled, sealed and delivered), or
/// on_failed (of the first task or source that failed). After either, or at any time, destroy it. Thread: control loop.
class Attempt {
 public:
  struct Events {
    std::function<void()> on_finished;
    std::function<void(std::string where, std::exception_ptr error)> on_failed;
  };

  /// Requires: `host`, `graph` and `plan` outlive it.
  Attempt(Host& host, const Graph& graph, const Plan& plan, const JobOptions& options, Events events);
  ~Attempt();
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  /// Called once. Errors: whatever making the operators throws.
  void start();

  /// The counters of all subtasks, for anyone's reading while the attempt lives.
  /// Every task has come to its end; output is becoming visible.
  bool delivering() const { return ended_ > 0 && ended_ == subtasks_; }

  const std::vector<std::unique_ptr<SubtaskMetrics>>& metrics() const { return metrics_; }

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
  void start_enumerators();
  Task& task(TaskIndex task, std::uint32_t subtask);
  TaskSignal signal(TaskIndex task, std::uint32_t subtask);
  TaskListener listener();

  void task_ended();
  void task_delivered();
  void fail(std::string where, std::exception_ptr error);

  Host& host_;
  const Graph& graph_;
  const Plan& plan_;
  const JobOptions& options_;
  Events events_;

  std::vector<std::vector<Place>> places_;  ///< by task and subtask
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<std::shared_ptr<const std::function<void()>>> wakes_;  ///< what notifiers call, by task and subtask
  std::vector<std::unique_ptr<SubtaskMetrics>> metrics_;
  std::vector<std::unique_ptr<Assigner>> assigners_;
  std::vector<std::unique_ptr<SplitEnumerator>> enumerators_;
  std::vector<std::unique_ptr<Loop>> loops_;

  std::size_t subtasks_ = 0;
  std::size_t ended_ = 0;
  std::size_t delivered_ = 0;
  bool over_ = false;
  std::shared_ptr<Attempt*> self_;  ///< what posted events hold weakly: they do nothing once it is gone
};

}  // namespace weir::runtime
