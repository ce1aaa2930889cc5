#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <utility>

namespace weir::runtime {

/// A bounded queue between one producer thread and one consumer thread.
///
/// Indexes are sequentially consistent: Channel pairs them with its waiting flag. One operation moves a whole batch, so
/// the cost does not matter.
template <class T>
class SpscRing {
 public:
  /// Holds at least `capacity` entries.
  explicit SpscRing(std::size_t capacity)
      : mask_(std::bit_ceil(capacity) - 1), capacity_(capacity), slots_(new T[std::bit_ceil(capacity)]) {}

  /// Moves from `value` and returns true, or leaves it alone when the ring is full. Producer only.
  bool push(T& value) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load() >= capacity_) return false;
    slots_[tail & mask_] = std::move(value);
    tail_.store(tail + 1);
    return true;
  }

  /// Moves the oldest entry into `value`, or returns false. Consumer only.
  bool pop(T& value) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load()) return false;
    value = std::move(slots_[head & mask_]);
    head_.store(head + 1);
    return true;
  }

  /// What it holds, at least. Consumer only.
  std::size_t size() const { return tail_.load() - head_.load(std::memory_order_relaxed); }

 private:
  const std::size_t mask_;
  const std::size_t capacity_;
  const std::unique_ptr<T[]> slots_;
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace weir::runtime
