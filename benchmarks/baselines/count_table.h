#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::benchmarks {

/// Counts by key, as one writes it by hand when nothing else is wanted: open addressing, linear probing, a power of
/// two slots of which at most half are taken, a multiplication for a hash. An entry's count is never 0.
class CountTable {
 public:
  explicit CountTable(std::size_t slots = 1024) : slots_(std::bit_ceil(slots)) { resized(); }

  /// Adds `count` to the key's. Requires: count > 0.
  void add(std::int64_t key, std::int64_t count) {
    std::size_t i = home(key);
    while (slots_[i].count != 0) {
      if (slots_[i].key == key) {
        slots_[i].count += count;
        return;
      }
      i = (i + 1) & mask_;
    }
    slots_[i] = {key, count};
    if (++size_ > mask_ / 2) grow();
  }

  /// Takes `count` off the key's and forgets the key at 0. Requires: the key counts that many at least.
  void subtract(std::int64_t key, std::int64_t count) {
    std::size_t i = home(key);
    while (slots_[i].key != key || slots_[i].count == 0) i = (i + 1) & mask_;
    slots_[i].count -= count;
    if (slots_[i].count == 0) close_gap(i);
  }

  /// Calls f(key, count) for every entry, in no particular order.
  template <class F>
  void for_each(F f) const {
    for (const Slot& slot : slots_)
      if (slot.count != 0) f(slot.key, slot.count);
  }

  /// Forgets all entries, not the room for them.
  void clear() {
    std::fill(slots_.begin(), slots_.end(), Slot{});
    size_ = 0;
  }

  std::size_t size() const { return size_; }

 private:
  struct Slot {
    std::int64_t key = 0;
    std::int64_t count = 0;
  };

  std::size_t home(std::int64_t key) const { return (static_cast<std::uint64_t>(key) * 0x9e3779b97f4a7c15) >> shift_; }

  void resized() {
    mask_ = slots_.size() - 1;
    shift_ = 64 - std::countr_zero(slots_.size());
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    resized();
    for (const Slot& slot : old) {
      if (slot.count == 0) continue;
      std::size_t i = home(slot.key);
      while (slots_[i].count != 0) i = (i + 1) & mask_;
      slots_[i] = slot;
    }
  }

  // Moves entries behind the gap into it that would not be found past it.
  void close_gap(std::size_t gap) {
    --size_;
    for (std::size_t i = (gap + 1) & mask_; slots_[i].count != 0; i = (i + 1) & mask_) {
      const std::size_t distance = (i - home(slots_[i].key)) & mask_;
      if (distance < ((i - gap) & mask_)) continue;
      slots_[gap] = slots_[i];
      slots_[i].count = 0;
      gap = i;
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
  std::size_t mask_ = 0;
  int shift_ = 0;
};

}  // namespace weir::benchmarks
