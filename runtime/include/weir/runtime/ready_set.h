#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "weir/core/host.h"

namespace weir::runtime {

/// Which tasks of a worker have something to do: one bit a task.
///
/// No wake-up is lost: who has work for a task publishes the work first and sets its bit second; the worker clears the
/// bit first and looks for work second. Both orders are sequentially consistent, so one of the two sees the other.
/// Thread: set() from anywhere while the loop lives; take() by the worker only.
class ReadySet {
 public:
  explicit ReadySet(std::size_t tasks)
      : words_(new std::atomic<std::uint64_t>[word_count(tasks)]()), count_(word_count(tasks)) {}

  /// Whom set() wakes. Bits that were set before have woken nobody: wake the loop once after.
  void set_loop(Loop* loop) { loop_.store(loop, std::memory_order_release); }

  /// The task has something to do. Cheap when its bit is set already.
  void set(std::size_t task) {
    std::atomic<std::uint64_t>& word = words_[task / 64];
    const std::uint64_t bit = std::uint64_t{1} << (task % 64);
    if ((word.load() & bit) != 0) return;
    word.fetch_or(bit);
    if (Loop* loop = loop_.load(std::memory_order_acquire)) loop->wake();
  }

  /// Whether a task is ready.
  bool any() const {
    for (std::size_t w = 0; w < count_; ++w)
      if (words_[w].load() != 0) return true;
    return false;
  }

  /// Calls run(task) for every task that was ready at the beginning of the call. Returns how many.
  template <class Run>
  std::size_t take(Run&& run) {
    std::size_t taken = 0;
    for (std::size_t w = 0; w < count_; ++w) {
      if (words_[w].load() == 0) continue;
      for (std::uint64_t bits = words_[w].exchange(0); bits != 0; bits &= bits - 1) {
        run(w * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
        ++taken;
      }
    }
    return taken;
  }

 private:
  static std::size_t word_count(std::size_t tasks) { return (tasks + 63) / 64; }

  std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
  std::size_t count_;
  std::atomic<Loop*> loop_{nullptr};
};

/// A task's bit in its worker's set.
struct TaskSignal {
  ReadySet* set = nullptr;
  std::size_t task = 0;

  void raise() const { set->set(task); }
};

}  // namespace weir::runtime
