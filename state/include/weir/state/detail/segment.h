#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace weir::state::detail {

/// The hash that marks an empty slot. Hash 0 counts as hash 1, which lies in the same key group.
inline constexpr std::uint64_t kEmptyMark = 0;
constexpr std::uint64_t marked(std::uint64_t hash) { return hash + (hash == kEmptyMark ? 1 : 0); }

/// Place for one entry. The hash is its mark too: probing, splitting and rehashing look at nothing else, and a lookup
/// touches one cache line. Key and value exist only while the slot is not empty.
template <class K, class V>
struct Slot {
  std::uint64_t hash;
  alignas(K) std::byte key_bytes[sizeof(K)];
  alignas(V) std::byte value_bytes[sizeof(V)];

  bool empty() const { return hash == kEmptyMark; }
  K& key() { return *std::launder(reinterpret_cast<K*>(key_bytes)); }
  V& value() { return *std::launder(reinterpret_cast<V*>(value_bytes)); }

  /// Fills this slot from `from` and leaves that one empty. Requires: this slot is empty, `from` is not.
  void take(Slot& from) noexcept {
    if constexpr (std::is_trivially_copyable_v<K> && std::is_trivially_copyable_v<V>) {
      std::memcpy(static_cast<void*>(this), &from, sizeof(Slot));
    } else {
      std::construct_at(reinterpret_cast<K*>(key_bytes), std::move(from.key()));
      std::construct_at(reinterpret_cast<V*>(value_bytes), std::move(from.value()));
      hash = from.hash;
      from.destroy();
    }
    from.hash = kEmptyMark;
  }

  /// Ends key and value and marks the slot empty. Requires: the slot is not empty.
  void destroy() noexcept {
    std::destroy_at(&value());
    std::destroy_at(&key());
    hash = kEmptyMark;
  }
};

/// A small open-addressing table: this header, followed in memory by its slots (a power of two, the same number in all
/// segments of a table). Linear probing from the slot that the low bits of the hash name; erasing shifts back what
/// follows, so there are no tombstones.
///
/// The entries of a segment that is full and that no split can relieve go on in `overflow`, as a chain: only the last
/// segment of a chain may have empty slots. So a probe that meets an empty slot has seen all there is.
template <class K, class V>
struct alignas(std::max({std::size_t{64}, alignof(K), alignof(V)})) Segment {
  using SlotType = Slot<K, V>;

  Segment* overflow;
  std::uint32_t size;   ///< entries in this segment, without overflow
  std::uint32_t depth;  ///< bits of the directory's index that all entries share

  SlotType* slots() { return reinterpret_cast<SlotType*>(this + 1); }

  static std::size_t bytes(std::size_t slots) { return sizeof(Segment) + slots * sizeof(SlotType); }

  static Segment* make(std::size_t slots) {
    void* memory = ::operator new(bytes(slots), std::align_val_t{alignof(Segment)});
    auto* segment = ::new (memory) Segment{nullptr, 0, 0};
    for (std::size_t i = 0; i < slots; ++i) segment->slots()[i].hash = kEmptyMark;
    return segment;
  }

  /// Requires: its entries were destroyed or taken.
  static void free(Segment* segment) { ::operator delete(segment, std::align_val_t{alignof(Segment)}); }

  /// The first empty slot for `hash`. Requires: there is one.
  SlotType& empty_slot(std::uint64_t hash, std::size_t slot_mask) {
    std::size_t i = hash & slot_mask;
    while (!slots()[i].empty()) i = (i + 1) & slot_mask;
    return slots()[i];
  }

  /// Takes the entry of `from` over. Requires: not full.
  void take(SlotType& from, std::size_t slot_mask) noexcept {
    empty_slot(from.hash, slot_mask).take(from);
    ++size;
  }

  /// Closes the hole that an erased or taken entry left at `hole`, so that every probe still finds what it looks for.
  void close_hole(std::size_t hole, std::size_t slot_mask) noexcept {
    --size;
    for (std::size_t i = (hole + 1) & slot_mask; !slots()[i].empty(); i = (i + 1) & slot_mask) {
      const std::size_t home = slots()[i].hash & slot_mask;
      if (((i - home) & slot_mask) >= ((i - hole) & slot_mask)) {
        slots()[hole].take(slots()[i]);
        hole = i;
      }
    }
  }

  void destroy_entries(std::size_t slot_mask) noexcept {
    if (size == 0) return;
    for (std::size_t i = 0; i <= slot_mask; ++i) {
      if constexpr (std::is_trivially_destructible_v<K> && std::is_trivially_destructible_v<V>) {
        slots()[i].hash = kEmptyMark;
      } else if (!slots()[i].empty()) {
        slots()[i].destroy();
      }
    }
    size = 0;
  }
};

}  // namespace weir::state::detail
