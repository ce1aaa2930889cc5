#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>

#include "weir/core/host.h"
#include "weir/core/time.h"

#include "asio.h"
#include "callback.h"

namespace weir::host {

/// The control thread and the io_context it runs.
///
/// Thread-safe unless said otherwise. After stop() no callback runs; destruction then drops whatever is still waiting.
class ControlLoop {
 public:
  /// Counts what users hold of the loop (timers, streams, listeners): none may outlive it.
  class Handle {
   public:
    explicit Handle(ControlLoop& loop) : loop_(loop) { ++loop_.handles_; }
    ~Handle() { --loop_.handles_; }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

   private:
    ControlLoop& loop_;
  };

  ControlLoop();

  /// Requires: no Handle is left but in callbacks that never ran (checked).
  ~ControlLoop();

  void post(std::function<void()> work);
  std::unique_ptr<Timer> at(MonotonicTime when, std::function<void()> work);

  /// Waits for the callback that runs and for every flush that was begun. Requires: called once, not by a callback.
  void stop();

  asio::io_context& context() { return *context_; }

  /// Runs a callback of the user, unless the loop is being stopped. Control thread only.
  template <class Callback>
  void call(std::string_view what, Callback&& callback) {
    if (!stopping()) run_callback(what, std::forward<Callback>(callback));
  }

  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

  /// Between the two, stop() waits. Control thread only.
  void begin_flush() { ++flushes_; }
  void end_flush();

 private:
  void stop_when_flushed();

  std::unique_ptr<asio::io_context> owner_;
  asio::io_context* const context_;  // stays as it is while *owner_ is destroyed
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> handles_{0};
  int flushes_ = 0;  // control thread only
  std::thread thread_;
};

}  // namespace weir::host
