#include "weir/runtime/worker.h"

#include "user_code.h"

namespace weir::runtime {

Worker::Worker(std::size_t tasks, TaskListener listener) : ready_(tasks), listener_(std::move(listener)) {}

StepResult Worker::step() {
  const std::size_t ran = ready_.take([this](std::size_t local) { run(local); });
  if (failure_ != nullptr) tell_failure();
  if (exchange_ != nullptr) exchange_->serve(ran > 0 ? Exchange::Again::kYes : Exchange::Again::kNo);
  return ran > 0 || failure_ != nullptr ? StepResult::kMore : StepResult::kIdle;
}

void Worker::run(std::size_t local) {
  if (failed_ != nullptr) return;
  failure_ = failure_of([this, local] { step(local); });
  if (failure_ != nullptr) failed_ = tasks_[local].get();
}

void Worker::tell_failure() {
  reserve_.reset();
  failed_->failed();
  listener_.on_failed(*failed_, failure_);
  failure_ = nullptr;
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
