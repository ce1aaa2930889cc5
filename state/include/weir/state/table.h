#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "weir/core/contains_text.h"
#include "weir/state/detail/directory.h"

namespace weir::state {

/// A hash table from keys to live values that grows without a stop.
///
/// An extendible hash: a directory of segments of at most 1024 slots. A full segment splits alone (some microseconds),
/// doubling the directory copies pointers; no insert ever moves more than one segment. Segments do not merge again:
/// erased entries' memory is reused by later inserts, and goes back with clear().
///
/// The caller gives the hash of each key: the same hash for equal keys, well mixed in its low 32 bits (the high 32
/// decide the key group, so the keys of one subtask share them). Hashes that agree in their low bits are handled right,
/// in time proportional to their number.
///
/// K is looked up by anything that K == Lookup compares and K(lookup) constructs: a std::string key by std::string_view
/// or Text, without making a string. K and V move without throwing.
///
/// What the const members give is only read; a value handed out by a member that is not const counts as changed. A
/// table that writes its entries down relies on it.
///
/// Pointers, references and cursors are valid until the next insert, erase, clear or move. Allocates when it grows
/// only. Thread: one owner at a time. Errors: std::bad_alloc, and what constructing K or V throws; the table is
/// unchanged then.
template <class K, class V>
class Table {
  static_assert(!contains_text<K> && !contains_text<V>,
                "A weir::Text is valid as long as its batch only: keep std::string in state");
  static_assert(std::is_nothrow_move_constructible_v<K> && std::is_nothrow_move_constructible_v<V>,
                "Keys and values in state must have a noexcept move constructor: a growing table moves them");

  using Directory = detail::Directory<K, V>;
  using Segment = typename Directory::Segment;
  using Slot = typename Directory::Slot;

 public:
  /// One entry, as a cursor or for_each sees it.
  template <class Value>
  struct BasicEntry {
    const K* key = nullptr;
    Value* value = nullptr;
    std::uint64_t hash = 0;
  };
  using Entry = BasicEntry<V>;
  using ConstEntry = BasicEntry<const V>;

  /// A place in a walk over all entries, which can stop and go on later.
  class Cursor {
   private:
    friend class Table;
    typename Directory::Position at_;
    std::size_t slot_ = 0;
  };

  std::size_t size() const { return directory_.size(); }
  bool empty() const { return directory_.size() == 0; }

  /// Bytes held: all slots, used or not, spare segments and the directory. Not what keys and values allocate
  /// themselves.
  std::size_t memory_bytes() const { return directory_.memory_bytes(); }

  /// The value of `key`, or null.
  template <class Lookup>
  V* find(std::uint64_t hash, const Lookup& key) {
    const Probe probed = probe(hash, key);
    return probed.found ? &value_at(probed) : nullptr;
  }
  template <class Lookup>
  const V* find(std::uint64_t hash, const Lookup& key) const {
    return const_cast<Table*>(this)->find(hash, key);
  }

  /// The value of `key`, and whether it was inserted by this call, as V{}.
  template <class Lookup>
  std::pair<V*, bool> find_or_insert(std::uint64_t hash, const Lookup& key) {
    const Probe probed = probe(hash, key);
    if (probed.found) [[likely]]
      return {&value_at(probed), false};
    return {insert(hash, key), true};
  }

  /// Whether there was such a key.
  template <class Lookup>
  bool erase(std::uint64_t hash, const Lookup& key) {
    const Probe probed = probe(hash, key);
    if (probed.found) directory_.erase(*probed.segment, probed.slot);
    return probed.found;
  }

  /// Forgets all entries. Keeps the memory, laid out for as many entries again, if it was well used (an eighth of the
  /// slots), else gives it back.
  void clear() { directory_.clear(); }

  /// Calls f(const K&, V&, hash) for every entry, in no order that means anything. Requires: f does not insert or
  /// erase.
  template <class F>
  void for_each(F&& f) {
    for_each_slot([&f](Slot& slot, std::uint64_t hash) { f(std::as_const(slot.key()), slot.value(), hash); });
  }
  template <class F>
  void for_each(F&& f) const {
    for_each_slot(
        [&f](Slot& slot, std::uint64_t hash) { f(std::as_const(slot.key()), std::as_const(slot.value()), hash); });
  }

  /// A cursor before the first entry.
  Cursor begin() const {
    Cursor cursor;
    cursor.at_ = directory_.begin();
    return cursor;
  }

  /// Moves to the next entry, or returns false at the end. Every entry is met once.
  bool next(Cursor& cursor, Entry& entry) { return advance(cursor, entry); }
  bool next(Cursor& cursor, ConstEntry& entry) const { return advance(cursor, entry); }

 private:
  struct Probe {
    Segment* segment;
    std::size_t slot;
    bool found;
  };

  V& value_at(const Probe& probed) { return probed.segment->slots(directory_.layout())[probed.slot].value(); }

  template <class Lookup>
  [[gnu::always_inline]] Probe probe(std::uint64_t hash, const Lookup& key) {
    Segment* segment = directory_.segment_of(hash);
    const detail::Tag tag = detail::tag_of(hash);
    const std::size_t group_mask = directory_.layout().group_mask;
    const std::size_t home = hash & group_mask;
    std::size_t i = home;
    do {
      const detail::TagGroup group = segment->group(i);
      for (detail::SlotSet same = group.matching(tag); !same.empty(); same.drop_first()) {
        const std::size_t slot = i * detail::kGroupSlots + same.first();
        if (holds(*segment, slot, hash, key)) [[likely]]
          return {segment, slot, true};
      }
      if (!group.empties().empty()) [[likely]]
        return {segment, 0, false};
      i = (i + 1) & group_mask;
    } while (i != home);
    return probe_overflow(segment, hash, key);
  }

  template <class Lookup>
  [[gnu::noinline]] Probe probe_overflow(Segment* first, std::uint64_t hash, const Lookup& key) {
    const detail::Tag tag = detail::tag_of(hash);
    const std::size_t group_mask = directory_.layout().group_mask;
    for (Segment* segment = first->overflow; segment != nullptr; segment = segment->overflow) {
      std::size_t i = hash & group_mask;
      for (std::size_t seen = 0; seen <= group_mask; ++seen, i = (i + 1) & group_mask) {
        const detail::TagGroup group = segment->group(i);
        for (detail::SlotSet same = group.matching(tag); !same.empty(); same.drop_first()) {
          const std::size_t slot = i * detail::kGroupSlots + same.first();
          if (holds(*segment, slot, hash, key)) return {segment, slot, true};
        }
        if (!group.empties().empty()) break;
      }
    }
    return {first, 0, false};
  }

  /// Compares keys that are cheap to compare at once, others only if their whole hashes agree.
  template <class Lookup>
  bool holds(Segment& segment, std::size_t slot, std::uint64_t hash, const Lookup& key) {
    if constexpr (!std::is_scalar_v<K>) {
      if (segment.hashes(directory_.layout())[slot] != hash) return false;
    }
    return segment.slots(directory_.layout())[slot].key() == key;
  }

  template <class Lookup>
  [[gnu::noinline]] V* insert(std::uint64_t hash, const Lookup& key) {
    const auto place = directory_.place_for(hash);
    Slot& slot = place.segment->slots(directory_.layout())[place.slot];
    slot.construct(key);
    directory_.mark(place, hash);
    return &slot.value();
  }

  template <class F>
  void for_each_slot(F&& f) const {
    const auto& layout = directory_.layout();
    for (auto at = directory_.begin(); at.segment != nullptr; directory_.advance(at)) {
      at.segment->for_each(layout,
                           [&](std::size_t i) { f(at.segment->slots(layout)[i], at.segment->hashes(layout)[i]); });
    }
  }

  template <class EntryType>
  bool advance(Cursor& cursor, EntryType& entry) const {
    const auto& layout = directory_.layout();
    for (; cursor.at_.segment != nullptr; directory_.advance(cursor.at_), cursor.slot_ = 0) {
      Segment& segment = *cursor.at_.segment;
      cursor.slot_ = segment.next_taken(cursor.slot_, layout);
      if (cursor.slot_ == layout.slot_count()) continue;
      const std::size_t i = cursor.slot_++;
      Slot& slot = segment.slots(layout)[i];
      entry = {&slot.key(), &slot.value(), segment.hashes(layout)[i]};
      return true;
    }
    return false;
  }

  Directory directory_;
};

}  // namespace weir::state
