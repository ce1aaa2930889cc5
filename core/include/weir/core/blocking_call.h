#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>

#include "weir/core/host.h"
#include "weir/core/notifier.h"

namespace weir {

/// Work that a task lets a helper thread do, one piece at a time, and looks after without waiting.
///
/// The task is notified when a piece has ended; the next ready() takes its result. Destruction while work is under way
/// is safe: the work runs to its end and its result is dropped. Therefore the work owns, or shares, all that it
/// touches; the task may touch what it shares with the work only while nothing is under way. Thread: task thread only.
class BlockingCall {
 public:
  BlockingCall() = default;
  BlockingCall(const BlockingCall&) = delete;
  BlockingCall& operator=(const BlockingCall&) = delete;

  /// Once, before anything else. Requires: `host` outlives the calls.
  void open(Host& host, Notifier notifier);

  /// Starts `work` on a helper thread. Requires: !under_way().
  void start(std::function<void()> work);

  /// Work was started whose end ready() has not told yet.
  bool under_way() const { return state_ != nullptr; }

  /// Work was started and has ended, and ready() has not told yet.
  bool ended() const { return state_ != nullptr && state_->done.load(std::memory_order_acquire); }

  /// Nothing is under way (any more). Errors: what the work threw, once.
  bool ready();

 private:
  struct State {
    std::atomic<bool> done{false};
    std::exception_ptr error;  ///< written before `done`
  };

  Host* host_ = nullptr;
  Notifier notifier_;
  std::shared_ptr<State> state_;  ///< null: nothing under way
};

}  // namespace weir
