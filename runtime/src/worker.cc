#include "weir/runtime/worker.h"

#include "weir/core/error.h"
#include "weir/core/kill.h"

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
  try {
    switch (task.step()) {
      case Task::Step::kMore:
        ready_.set(local);
        break;
      case Task::Step::kIdle:
        break;
      case Task::Step::kEnded:
        listener_.on_ended(task);
        break;
      case Task::Step::kDelivered:
        listener_.on_delivered(task);
        break;
    }
  } catch (const Kill&) {
    throw;
  } catch (const std::exception&) {
    failed_[local] = true;
    listener_.on_failed(task, std::current_exception());
  } catch (...) {
    failed_[local] = true;
    const UserError error(
        "user code threw a value that is not a std::exception; throw weir::UserError or another std::exception");
    listener_.on_failed(task, std::make_exception_ptr(error));
  }
}

}  // namespace weir::runtime
