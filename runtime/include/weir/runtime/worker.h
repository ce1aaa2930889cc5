#pragma once

#include <array>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "weir/core/host.h"
#include "weir/runtime/exchange.h"
#include "weir/runtime/ready_set.h"
#include "weir/runtime/task.h"

namespace weir::runtime {

/// What a worker tells of a task. Called on the worker's thread, once for each event.
struct TaskListener {
  std::function<void(Task&)> on_ended;
  std::function<void(Task&, std::exception_ptr)> on_failed;
};

/// Steps the tasks that were signalled, each a slice at a time, on one loop of the host.
///
/// The one place where an exception of user code ends: the task fails, and nothing is stepped any more. That it failed
/// is told also when no memory is left: some is kept for it, and if that is not enough, step() throws std::bad_alloc
/// and tells it the next time.
class Worker final : public Steppable {
 public:
  /// Requires: `tasks` is the number of add_task() calls to come.
  Worker(std::size_t tasks, TaskListener listener);

  /// The bit of the task that will be added as number `local`.
  TaskSignal signal(std::size_t local) { return {&ready_, local}; }

  void add_task(std::unique_ptr<Task> task) { tasks_.push_back(std::move(task)); }

  /// The task that was added as number `local`.
  Task& task(std::size_t local) { return *tasks_[local]; }

  ReadySet& ready() { return ready_; }

  /// What tasks have sent to other processes moves on after each step. Before the loop starts. Requires: `exchange`
  /// outlives the loop.
  void serve(Exchange& exchange) { exchange_ = &exchange; }

  StepResult step() override;

 private:
  void run(std::size_t local);
  void step(std::size_t local);
  void tell_failure();

  ReadySet ready_;
  TaskListener listener_;
  Exchange* exchange_ = nullptr;
  std::vector<std::unique_ptr<Task>> tasks_;
  Task* failed_ = nullptr;
  std::exception_ptr failure_;  ///< of `failed_`; null: there is none, or it is told
  using Reserve = std::array<std::byte, 256 * 1024>;
  std::unique_ptr<Reserve> reserve_ = std::make_unique<Reserve>();
};

}  // namespace weir::runtime
