#include "weir/runtime/worker.h"

#include "user_code.h"

namespace weir::runtime {

Worker::Worker(std::size_t tasks, TaskListener listener)
    : ready_(tasks), listener_(std::move(listener)), failed_(tasks, false) {}

StepResult Worker::step() {
  const std::size_t ran = ready_.take([this](std::size_t local) { run(local); });
  return ran > 0 ? StepResult::kMore : StepResult::kIdle;
}

void Worker::run(std::size_t local) {
  if (failed_[local]) return;
  Task& task = *tasks_[local];
  const std::exception_ptr error = failure_of([this, local] { step(local); });
  if (error == nullptr) return;
  failed_[local] = true;
  task.failed();
  listener_.on_failed(task, error);
}

void Worker::step(std::size_t local) {
  Task& task = *tasks_[local];
  switch (task.step()) {
    case Task::Step::kMore:
      ready_.set(local);
      break;
    case Task::Step::kIdle:
    case Task::Step::kBlocked:
    case Task::Step::kWaiting:
      break;
    case Task::Step::kEnded:
      listener_.on_ended(task);
      break;
  }
}

}  // namespace weir::runtime
