#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "weir/core/host.h"

#include "wake_signal.h"

namespace weir::host {

/// Decides how long idle loops spin. Thread-safe.
class SpinPolicy {
 public:
  explicit SpinPolicy(std::optional<std::chrono::microseconds> fixed)
      : fixed_(fixed), cores_(std::thread::hardware_concurrency()) {}

  void loop_started() { ++loops_; }
  void loop_ended() { --loops_; }
  unsigned loops() const { return loops_; }

  /// Spinning pays only while the loops leave a core to the threads that wake them.
  std::chrono::microseconds spin() const {
    using namespace std::chrono_literals;
    if (fixed_) return *fixed_;
    return loops_.load(std::memory_order_relaxed) + 1 < cores_ ? 50us : 0us;
  }

 private:
  const std::optional<std::chrono::microseconds> fixed_;
  const unsigned cores_;
  std::atomic<unsigned> loops_{0};
};

/// A thread that steps one Steppable: again at once while there is more, else it spins a little, then parks.
/// A step that has no memory left, std::bad_alloc, is tried again for a second, with what the process keeps for that.
class ThreadLoop final : public Loop {
 public:
  /// Requires: `what` and `policy` outlive the loop.
  ThreadLoop(Steppable& what, std::string_view name, SpinPolicy& policy);
  ~ThreadLoop() override;

  void wake() override { signal_.raise(); }
  void stop() override;

 private:
  void run();
  void spin() const;

  Steppable& what_;
  const std::string name_;
  SpinPolicy& policy_;
  WakeSignal signal_;
  std::atomic<bool> stopping_{false};
  std::mutex stop_mutex_;  // guards thread_ once it runs
  std::thread thread_;
};

}  // namespace weir::host
