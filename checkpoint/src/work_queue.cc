#include "work_queue.h"

#include <utility>

namespace weir::checkpoint {

WorkQueue::WorkQueue(Host& host) : host_(host), self_(std::make_shared<WorkQueue*>(this)) {}

void WorkQueue::run(std::function<void()> work, Done done) {
  waiting_.push_back({std::move(work), std::move(done)});
  if (!working_) run_next();
}

void WorkQueue::run_next() {
  if (waiting_.empty()) return;
  working_ = true;
  Piece next = std::move(waiting_.front());
  waiting_.pop_front();
  host_.blocking(std::move(next.work),
                 [this, weak = std::weak_ptr(self_), done = std::move(next.done)](const std::exception_ptr& error) {
                   if (weak.expired()) return;
                   working_ = false;
                   done(error);
                   if (!weak.expired() && !working_) run_next();
                 });
}

}  // namespace weir::checkpoint
