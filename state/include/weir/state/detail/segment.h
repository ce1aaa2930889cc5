#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "weir/state/detail/tag_group.h"

namespace weir::state::detail {

// How a hash is used, from its lowest bit on: the home group within a segment (6 bits, fewer in a small table), the tag
// (7), the directory (up to 19).
inline constexpr unsigned kTagShift = 6;
inline constexpr unsigned kDirectoryShift = 13;
inline constexpr unsigned kMaxDepth = 32 - kDirectoryShift;
inline constexpr std::size_t kMaxSegmentSlots = kGroupSlots << kTagShift;

constexpr Tag changed_tag_of(std::uint64_t hash) { return static_cast<Tag>(kChangedTag | (hash >> kTagShift)); }

/// What a segment knows of an entry besides its hash.
struct Marks {
  bool changed = false;  ///< in the epoch of the segment
  bool frozen = false;   ///< it changed in the epoch before, and that was not written down yet
  bool cold = false;     ///< the cold store has it, or will when what was written down arrives
  bool recent = false;   ///< it was used since an eviction last came by
};

/// A bit for each slot of a group.
using GroupBits = std::uint16_t;
static_assert(sizeof(GroupBits) * 8 == kGroupSlots);

/// Place for a key and its value, which exist only while the slot is taken.
template <class K, class V>
struct Slot {
  alignas(K) std::byte key_bytes[sizeof(K)];
  alignas(V) std::byte value_bytes[sizeof(V)];

  K& key() { return *std::launder(reinterpret_cast<K*>(key_bytes)); }
  V& value() { return *std::launder(reinterpret_cast<V*>(value_bytes)); }

  template <class Lookup>
  void construct(const Lookup& lookup) {
    K* stored = std::construct_at(reinterpret_cast<K*>(key_bytes), lookup);
    if constexpr (std::is_nothrow_default_constructible_v<V>) {
      std::construct_at(reinterpret_cast<V*>(value_bytes));
    } else {
      struct Undo {
        K* key;
        ~Undo() {
          if (key != nullptr) std::destroy_at(key);
        }
      } undo{stored};
      std::construct_at(reinterpret_cast<V*>(value_bytes));
      undo.key = nullptr;
    }
  }

  /// Moves the entry of `from` here. Requires: this slot is not taken, `from` is.
  void take(Slot& from) noexcept {
    if constexpr (std::is_trivially_copyable_v<K> && std::is_trivially_copyable_v<V>) {
      std::memcpy(static_cast<void*>(this), &from, sizeof(Slot));
    } else {
      std::construct_at(reinterpret_cast<K*>(key_bytes), std::move(from.key()));
      std::construct_at(reinterpret_cast<V*>(value_bytes), std::move(from.value()));
      from.destroy();
    }
  }

  void destroy() noexcept {
    std::destroy_at(&value());
    std::destroy_at(&key());
  }
};

/// A small open-addressing table: this header, followed in memory by a tag a slot, three bits a slot, the slots, and a
/// hash a slot. The number of slots is kGroupSlots times a power of two, the same in all segments of a table.
///
/// A probe goes from group to group, from the one that the hash names, until it meets one that is not full. Erasing
/// moves back what would then not be found, so there are no tombstones. Hashes are apart because lookups do not read
/// them.
///
/// Whether entries changed is known for one epoch, that of the segment, and the one before. Epochs are told apart by
/// their parity alone: the next one begins when every segment is in the last one and nothing is frozen any more.
///
/// The entries of a segment that is full and that no split can relieve go on in `overflow`, as a chain: only the last
/// segment of a chain may have empty slots. So a probe that meets an empty slot has seen all there is.
template <class K, class V>
struct alignas(std::max({std::size_t{64}, alignof(K), alignof(V)})) Segment {
  using SlotType = Slot<K, V>;

  Segment* overflow;
  std::uint32_t size;   ///< entries in this segment, without overflow
  std::uint32_t depth;  ///< bits of the directory's index that all entries share
  unsigned epoch;       ///< its parity
  bool any_changed;     ///< some entry may have changed in the epoch
  bool any_frozen;      ///< some entry may be frozen

  /// Where the parts of a segment of some number of slots lie, in bytes from its beginning.
  struct Layout {
    explicit constexpr Layout(std::size_t slots_in_it)
        : group_mask(slots_in_it / kGroupSlots - 1),
          frozen(sizeof(Segment) + slots_in_it),
          cold(frozen + slots_in_it / 8),
          recent(cold + slots_in_it / 8),
          slots(round_up(recent + slots_in_it / 8, alignof(Segment))),
          hashes(round_up(slots + slots_in_it * sizeof(SlotType), alignof(std::uint64_t))),
          bytes(hashes + slots_in_it * sizeof(std::uint64_t)) {}

    std::size_t slot_count() const { return (group_mask + 1) * kGroupSlots; }

    std::size_t group_mask;
    std::size_t frozen;
    std::size_t cold;
    std::size_t recent;
    std::size_t slots;
    std::size_t hashes;
    std::size_t bytes;

   private:
    static constexpr std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }
  };

  Tag* tags() { return at<Tag>(sizeof(Segment)); }
  SlotType* slots(const Layout& layout) { return at<SlotType>(layout.slots); }
  std::uint64_t* hashes(const Layout& layout) { return at<std::uint64_t>(layout.hashes); }
  /// A bit a slot; of empty slots they are 0.
  GroupBits* frozen(const Layout& layout) { return at<GroupBits>(layout.frozen); }
  GroupBits* cold(const Layout& layout) { return at<GroupBits>(layout.cold); }
  GroupBits* recent(const Layout& layout) { return at<GroupBits>(layout.recent); }
  TagGroup group(std::size_t index) { return TagGroup(tags() + index * kGroupSlots); }

  static Segment* make(const Layout& layout) {
    void* memory = ::operator new(layout.bytes, std::align_val_t{alignof(Segment)});
    auto* segment = ::new (memory) Segment{nullptr, 0, 0, 0, false, false};
    segment->forget_tags_and_bits(layout);
    return segment;
  }

  /// Requires: its entries were destroyed or taken.
  static void free(Segment* segment) { ::operator delete(segment, std::align_val_t{alignof(Segment)}); }

  /// The empty slot for `hash`. Requires: not full.
  std::size_t empty_slot(std::uint64_t hash, const Layout& layout) {
    for (std::size_t i = hash & layout.group_mask;; i = (i + 1) & layout.group_mask) {
      if (const SlotSet empties = group(i).empties(); !empties.empty()) return i * kGroupSlots + empties.first();
    }
  }

  /// The entry in `slot` exists from now on.
  void mark(std::size_t slot, std::uint64_t hash, const Marks& marks, const Layout& layout) {
    hashes(layout)[slot] = hash;
    set_marks(slot, marks, layout);
    ++size;
  }

  Marks marks(std::size_t slot, const Layout& layout) {
    return {(tags()[slot] & kChangedTag) != 0, get(frozen(layout), slot), get(cold(layout), slot),
            get(recent(layout), slot)};
  }
  /// Of a slot that is taken.
  void set_recent(std::size_t slot, bool on, const Layout& layout) { set(recent(layout), slot, on); }
  /// Requires: the slot's hash is there.
  void set_marks(std::size_t slot, const Marks& marks, const Layout& layout) {
    const Tag changed = changed_tag_of(hashes(layout)[slot]);
    tags()[slot] = marks.changed ? changed : unchanged_tag(changed);
    set(frozen(layout), slot, marks.frozen);
    set(cold(layout), slot, marks.cold);
    set(recent(layout), slot, marks.recent);
    any_changed = any_changed || marks.changed;
    any_frozen = any_frozen || marks.frozen;
  }

  /// Begins the next epoch: what changed in the last one is frozen. Requires: nothing is.
  void begin_epoch(unsigned parity, const Layout& layout) {
    epoch = parity;
    if (!any_changed) return;
    for (std::size_t i = 0; i <= layout.group_mask; ++i) {
      SlotSet changed = group(i).changed();
      frozen(layout)[i] = static_cast<GroupBits>(changed.bits());
      for (; !changed.empty(); changed.drop_first()) {
        Tag& tag = tags()[i * kGroupSlots + changed.first()];
        tag = unchanged_tag(tag);
      }
    }
    any_changed = false;
    any_frozen = true;
  }

  /// Moves the entry in slot `at` of `from` here. `from` is left as it was, to be emptied as a whole. Requires: not
  /// full.
  void take(Segment& from, std::size_t at, const Layout& from_layout, const Layout& layout) noexcept {
    const std::uint64_t hash = from.hashes(from_layout)[at];
    const std::size_t to = empty_slot(hash, layout);
    slots(layout)[to].take(from.slots(from_layout)[at]);
    mark(to, hash, from.marks(at, from_layout), layout);
  }

  /// Moves the entry in slot `from` of `other` to the slot `to`, which has none any more. The slot that it leaves is to
  /// be removed.
  void replace(std::size_t to, Segment& other, std::size_t from, const Layout& layout) noexcept {
    slots(layout)[to].take(other.slots(layout)[from]);
    hashes(layout)[to] = other.hashes(layout)[from];
    set_marks(to, other.marks(from, layout), layout);
  }

  /// Empties the slot `hole`, whose entry was destroyed or taken. If its group was full, probes went on behind it:
  /// moves an entry whose probe passes the hole into it, and goes on with the hole that this leaves.
  void remove(std::size_t hole, const Layout& layout) noexcept {
    --size;
    std::size_t hole_group = hole / kGroupSlots;
    bool was_full = group(hole_group).empties().empty();
    for (std::size_t step = 1, i = hole_group; was_full && step <= layout.group_mask; ++step) {
      i = (i + 1) & layout.group_mask;
      const bool full = group(i).empties().empty();
      for (SlotSet taken = group(i).taken(); !taken.empty(); taken.drop_first()) {
        const std::size_t slot = i * kGroupSlots + taken.first();
        const std::size_t home = hashes(layout)[slot] & layout.group_mask;
        if (((i - home) & layout.group_mask) < ((i - hole_group) & layout.group_mask)) continue;
        replace(hole, *this, slot, layout);
        hole = slot;
        hole_group = i;
        step = 0;
        break;
      }
      was_full = full;
    }
    tags()[hole] = kEmptyTag;
    set(frozen(layout), hole, false);
    set(cold(layout), hole, false);
    set(recent(layout), hole, false);
  }

  /// Calls f(slot index) for every entry.
  template <class F>
  void for_each(const Layout& layout, F&& f) {
    if (size == 0) return;
    for (std::size_t i = 0; i <= layout.group_mask; ++i) {
      for (SlotSet taken = group(i).taken(); !taken.empty(); taken.drop_first()) f(i * kGroupSlots + taken.first());
    }
  }

  /// The first taken slot from `slot` on; the number of slots if there is none.
  std::size_t next_taken(std::size_t slot, const Layout& layout) {
    while (slot < layout.slot_count()) {
      const std::size_t index = slot / kGroupSlots;
      SlotSet taken = group(index).taken();
      taken.drop_below(slot % kGroupSlots);
      if (!taken.empty()) return index * kGroupSlots + taken.first();
      slot = (index + 1) * kGroupSlots;
    }
    return slot;
  }

  /// Marks all slots empty. Requires: their entries were destroyed or taken.
  void forget_entries(const Layout& layout) noexcept {
    if (size != 0) forget_tags_and_bits(layout);
    size = 0;
    any_changed = any_frozen = false;
  }

  void destroy_entries(const Layout& layout) noexcept {
    if constexpr (!std::is_trivially_destructible_v<K> || !std::is_trivially_destructible_v<V>) {
      for_each(layout, [&](std::size_t slot) { slots(layout)[slot].destroy(); });
    }
    forget_entries(layout);
  }

 private:
  static bool get(const GroupBits* bits, std::size_t slot) {
    return ((bits[slot / kGroupSlots] >> (slot % kGroupSlots)) & 1) != 0;
  }
  static void set(GroupBits* bits, std::size_t slot, bool on) {
    const unsigned bit = 1U << (slot % kGroupSlots);
    GroupBits& group = bits[slot / kGroupSlots];
    group = static_cast<GroupBits>(on ? group | bit : group & ~bit);
  }

  void forget_tags_and_bits(const Layout& layout) noexcept {
    static_assert(kEmptyTag == 0);
    std::memset(tags(), 0, layout.recent + layout.slot_count() / 8 - sizeof(Segment));
  }

  template <class T>
  T* at(std::size_t offset) {
    return reinterpret_cast<T*>(reinterpret_cast<std::byte*>(this) + offset);
  }
};

}  // namespace weir::state::detail
