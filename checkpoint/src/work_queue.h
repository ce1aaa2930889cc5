#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <memory>

#include "weir/core/host.h"

namespace weir::checkpoint {

/// Pieces of work that block, each on a helper thread, one after the other in their order.
///
/// Thread: control loop. Destruction and clear() give up what has not begun; what is under way runs to its end.
class WorkQueue {
 public:
  using Done = std::function<void(std::exception_ptr)>;

  /// Requires: `host` outlives it.
  explicit WorkQueue(Host& host);
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  /// `done` is told what `work` threw, on the control loop, unless the queue is destroyed by then; it may destroy it.
  void run(std::function<void()> work, Done done);

  void clear() { waiting_.clear(); }

 private:
  struct Piece {
    std::function<void()> work;
    Done done;
  };

  void run_next();

  Host& host_;
  std::deque<Piece> waiting_;
  bool working_ = false;
  std::shared_ptr<WorkQueue*> self_;
};

}  // namespace weir::checkpoint
