#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "weir/core/host.h"
#include "weir/core/operator.h"
#include "weir/core/time.h"
#include "weir/runtime/job_status.h"

namespace weir::runtime {

/// What a task does with its time: at every moment exactly one of the uses, so that they add up to the time that
/// passed.
///
/// A task that has something to do is busy, also while others have their turn on its worker's thread. The clock is read
/// when the use changes only, at most twice a slice. Thread: change() by the task, sums() by anyone.
class TaskTimes {
 public:
  enum class Use : std::uint8_t {
    kBusy,           ///< at work, or waiting for the outside on behalf of an operator
    kIdle,           ///< without input
    kBackPressured,  ///< with something to send, without room for it
  };

  struct Sums {
    std::chrono::nanoseconds busy{0};
    std::chrono::nanoseconds idle{0};
    std::chrono::nanoseconds back_pressured{0};
  };

  /// Requires: `host` outlives it.
  TaskTimes(Host& host, Use use) : host_(host), use_(use), since_(host.monotonic_now()), state_(packed()) {}

  void change(Use use) {
    if (use != use_) begin(use);
  }

  /// Up to now. Requires: `now` is not before the last change.
  Sums sums(MonotonicTime now) const;

 private:
  static constexpr std::size_t kUses = 3;
  static constexpr std::uint64_t kChanging = ~std::uint64_t{0};

  void begin(Use use);
  std::uint64_t packed() const;

  Host& host_;
  Use use_;
  MonotonicTime since_;

  // What others read: `state_` says kChanging while `ended_` changes, so that no time is seen twice.
  std::atomic<std::uint64_t> state_;              ///< since_ and use_
  std::atomic<std::uint64_t> ended_[kUses] = {};  ///< nanoseconds, of uses that are over
};

/// What the keyed states of a subtask take. Thread-safe.
class TaskMemory {
 public:
  /// `fill(std::vector<OperatorMemory>&)` brings what was published before up to date.
  template <class Fill>
  void publish(Fill&& fill) {
    const std::lock_guard lock(mutex_);
    fill(operators_);
  }
  std::vector<OperatorMemory> get() const {
    const std::lock_guard lock(mutex_);
    return operators_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<OperatorMemory> operators_;  ///< guarded by mutex_
};

/// The counters of one subtask in one attempt. Written by its task, read by anyone: relaxed atomics.
struct TaskMetrics {
  /// Requires: `host` outlives it.
  TaskMetrics(Host& host, std::size_t operators);

  std::vector<std::unique_ptr<OperatorMetrics>> operators;  ///< in the order of the chain
  TaskTimes times;
  std::atomic<TaskState> state{TaskState::kDeploying};
  const std::int64_t deployed_ms;  ///< by the wall clock
  std::atomic<std::int64_t> ended_ms{-1};
  std::atomic<std::uint64_t> bytes_in{0};
  std::atomic<std::uint64_t> bytes_out{0};
  std::atomic<std::uint64_t> alignment_ns{0};  ///< of the last barrier
  TaskMemory memory;
};

}  // namespace weir::runtime
