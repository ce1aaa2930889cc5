#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "weir/core/contains_text.h"
#include "weir/state/detail/segment.h"

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

  using Segment = detail::Segment<K, V>;
  using Slot = typename Segment::SlotType;
  using Layout = typename Segment::Layout;

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
    Segment* segment_ = nullptr;  ///< null: at the end
    std::size_t directory_index_ = 0;
    std::size_t slot_ = 0;
  };

  Table() = default;
  Table(Table&& other) noexcept { swap(other); }
  Table& operator=(Table&& other) noexcept {
    if (this != &other) {
      release();
      swap(other);
    }
    return *this;
  }
  ~Table() { release(); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Bytes held: all slots, used or not, spare segments and the directory. Not what keys and values allocate
  /// themselves.
  std::size_t memory_bytes() const { return bytes_; }

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
    return {insert(hash, key, probed.segment), true};
  }

  /// Whether there was such a key.
  template <class Lookup>
  bool erase(std::uint64_t hash, const Lookup& key) {
    const Probe probed = probe(hash, key);
    if (probed.found) erase_slot(*probed.segment, probed.slot);
    return probed.found;
  }

  /// Forgets all entries. Keeps the memory, laid out for as many entries again, if it was well used (an eighth of the
  /// slots), else gives it back.
  void clear() {
    if (directory_mask_ > 0 && size_ < segments_ * kSlots / kSparse) return release();
    for_each_chain([this](Segment& segment) {
      segment.destroy_entries(layout_);
      while (segment.overflow != nullptr) {
        Segment* extra = std::exchange(segment.overflow, segment.overflow->overflow);
        extra->destroy_entries(layout_);
        recycle(extra);
      }
    });
    size_ = 0;
  }

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
    cursor.segment_ = directory_[0];
    return cursor;
  }

  /// Moves to the next entry, or returns false at the end. Every entry is met once.
  bool next(Cursor& cursor, Entry& entry) { return advance(cursor, entry); }
  bool next(Cursor& cursor, ConstEntry& entry) const { return advance(cursor, entry); }

 private:
  /// Slots of a segment: 1024, fewer where entries are large, so that moving a segment stays short.
  static constexpr std::size_t kSlots =
      std::bit_floor(std::clamp<std::size_t>(128 * 1024 / sizeof(Slot), 64, detail::kMaxSegmentSlots));
  static constexpr Layout kLayout{kSlots};
  static constexpr std::size_t kFirstSlots = detail::kGroupSlots;
  static constexpr std::size_t kSparse = 8;
  /// Well mixed hashes need a directory of about two entries a segment. Beyond this many, hashes are too alike to be
  /// told apart by a larger one, and the segment overflows instead.
  static constexpr std::size_t kDirectoryPerSegment = 16;

  static constexpr std::size_t limit_of(std::size_t slots) { return slots / 8 * 7; }

  /// What a table without memory looks into: one group, always empty.
  struct None {
    Segment segment;
    detail::Tag tags[detail::kGroupSlots];
  };
  static constinit inline None none_{};
  static constinit inline Segment* none_directory_[1] = {&none_.segment};

  struct Probe {
    Segment* segment;  ///< the one in the directory, unless found in its overflow
    std::size_t slot;
    bool found;
  };

  std::size_t directory_index(std::uint64_t hash) const { return (hash >> detail::kDirectoryShift) & directory_mask_; }
  Segment* segment_of(std::uint64_t hash) const { return directory_[directory_index(hash)]; }
  V& value_at(const Probe& probed) { return probed.segment->slots(layout_)[probed.slot].value(); }

  template <class Lookup>
  [[gnu::always_inline]] Probe probe(std::uint64_t hash, const Lookup& key) {
    Segment* segment = segment_of(hash);
    const detail::Tag tag = detail::tag_of(hash);
    const std::size_t home = hash & layout_.group_mask;
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
      i = (i + 1) & layout_.group_mask;
    } while (i != home);
    return probe_overflow(segment, hash, key);
  }

  template <class Lookup>
  [[gnu::noinline]] Probe probe_overflow(Segment* first, std::uint64_t hash, const Lookup& key) {
    const detail::Tag tag = detail::tag_of(hash);
    for (Segment* segment = first->overflow; segment != nullptr; segment = segment->overflow) {
      std::size_t i = hash & layout_.group_mask;
      for (std::size_t seen = 0; seen <= layout_.group_mask; ++seen, i = (i + 1) & layout_.group_mask) {
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
      if (segment.hashes(layout_)[slot] != hash) return false;
    }
    return segment.slots(layout_)[slot].key() == key;
  }

  template <class Lookup>
  [[gnu::noinline]] V* insert(std::uint64_t hash, const Lookup& key, Segment* segment) {
    if (segment->size >= limit_) {
      make_room(hash);
      segment = segment_of(hash);
      while (segment->size == layout_.slot_count()) {
        if (segment->overflow == nullptr) {
          reserve_spares(1);
          segment->overflow = take_spare(0);
        }
        segment = segment->overflow;
      }
    }
    const std::size_t at = segment->empty_slot(hash, layout_);
    Slot& slot = segment->slots(layout_)[at];
    slot.construct(key);
    segment->mark(at, hash, layout_);
    ++size_;
    return &slot.value();
  }

  /// Enlarges the only segment or splits the one of `hash`, if that can help.
  void make_room(std::uint64_t hash) {
    if (limit_ < limit_of(kSlots)) return enlarge();
    const unsigned depth = segment_of(hash)->depth;
    const std::size_t directory_size = directory_mask_ + 1;
    const bool has_bit = (std::size_t{1} << depth) < directory_size;
    const bool may_double = directory_size * 2 <= kDirectoryPerSegment * (size_ / limit_of(kSlots) + 1);
    if (depth < detail::kMaxDepth && (has_bit || may_double)) split(hash);
  }

  void enlarge() {
    const bool first = directory_ == none_directory_;
    const Layout layout(first ? kFirstSlots : layout_.slot_count() * 2);
    auto directory = first ? std::make_unique<Segment*[]>(1) : nullptr;
    Segment* larger = Segment::make(layout);
    bytes_ += layout.bytes;
    if (first) {
      directory_ = directory.release();
      bytes_ += sizeof(Segment*);
      segments_ = 1;
    } else {
      Segment* old = directory_[0];
      old->for_each(layout_, [&](std::size_t slot) { larger->take(*old, slot, layout_, layout); });
      free(old);
    }
    directory_[0] = larger;
    layout_ = layout;
    limit_ = limit_of(layout.slot_count());
  }

  void split(std::uint64_t hash) {
    Segment* old = segment_of(hash);
    const unsigned depth = old->depth;
    std::size_t chain = 0;
    for (Segment* s = old; s != nullptr; s = s->overflow) ++chain;
    reserve_spares(chain + 1);
    if ((std::size_t{1} << depth) > directory_mask_) double_directory();

    Segment* const heads[2] = {take_spare(depth + 1), take_spare(depth + 1)};
    const std::size_t step = std::size_t{1} << depth;
    for (std::size_t i = directory_index(hash) & (step - 1); i <= directory_mask_; i += step) {
      directory_[i] = heads[(i >> depth) & 1];
    }
    Segment* tails[2] = {heads[0], heads[1]};
    while (old != nullptr) {
      old->for_each(kLayout, [&](std::size_t slot) {
        Segment*& tail = tails[(old->hashes(kLayout)[slot] >> (detail::kDirectoryShift + depth)) & 1];
        if (tail->size == kSlots) tail = tail->overflow = take_spare(0);
        tail->take(*old, slot, kLayout, kLayout);
      });
      old->forget_entries(kLayout);
      recycle(std::exchange(old, old->overflow));
    }
  }

  void double_directory() {
    const std::size_t size = directory_mask_ + 1;
    auto* doubled = new Segment*[size * 2];
    std::memcpy(doubled, directory_, size * sizeof(Segment*));
    std::memcpy(doubled + size, directory_, size * sizeof(Segment*));
    delete[] directory_;
    directory_ = doubled;
    directory_mask_ = size * 2 - 1;
    bytes_ += size * sizeof(Segment*);
  }

  void erase_slot(Segment& segment, std::size_t slot) {
    segment.slots(layout_)[slot].destroy();
    --size_;
    Segment* last = &segment;
    while (last->overflow != nullptr && last->overflow->size > 0) last = last->overflow;
    if (last == &segment) return remove(segment, slot);
    // A segment with overflow must stay full: an entry from the end of the chain takes the place.
    std::size_t from = 0;
    while (last->tags()[from] == detail::kEmptyTag) ++from;
    segment.slots(layout_)[slot].take(last->slots(layout_)[from]);
    segment.tags()[slot] = last->tags()[from];
    segment.hashes(layout_)[slot] = last->hashes(layout_)[from];
    remove(*last, from);
  }

  /// Empties a slot of the last segment of a chain, which leaves the chain when nothing is left in it.
  void remove(Segment& last, std::size_t slot) {
    const std::uint64_t hash = last.hashes(layout_)[slot];
    last.remove(slot, layout_);
    if (last.size > 0) return;
    Segment* before = segment_of(hash);
    if (before == &last) return;
    while (before->overflow != &last) before = before->overflow;
    before->overflow = last.overflow;
    recycle(&last);
  }

  /// Calls f for the first segment of every chain.
  template <class F>
  void for_each_chain(F&& f) const {
    for (std::size_t i = 0; i <= directory_mask_; ++i) {
      if (is_first_of(i)) f(*directory_[i]);
    }
  }

  /// A segment stands in the directory wherever its `depth` low bits do; of these places the first counts.
  bool is_first_of(std::size_t i) const { return (i >> directory_[i]->depth) == 0; }

  template <class F>
  void for_each_slot(F&& f) const {
    for_each_chain([&](Segment& first) {
      for (Segment* segment = &first; segment != nullptr; segment = segment->overflow) {
        segment->for_each(layout_, [&](std::size_t i) { f(segment->slots(layout_)[i], segment->hashes(layout_)[i]); });
      }
    });
  }

  template <class EntryType>
  bool advance(Cursor& cursor, EntryType& entry) const {
    while (cursor.segment_ != nullptr) {
      while (cursor.slot_ < layout_.slot_count()) {
        const std::size_t group = cursor.slot_ / detail::kGroupSlots;
        detail::SlotSet taken = cursor.segment_->group(group).taken();
        taken.drop_below(cursor.slot_ % detail::kGroupSlots);
        if (taken.empty()) {
          cursor.slot_ = (group + 1) * detail::kGroupSlots;
          continue;
        }
        const std::size_t at = group * detail::kGroupSlots + taken.first();
        cursor.slot_ = at + 1;
        Slot& slot = cursor.segment_->slots(layout_)[at];
        entry = {&slot.key(), &slot.value(), cursor.segment_->hashes(layout_)[at]};
        return true;
      }
      cursor.slot_ = 0;
      cursor.segment_ = cursor.segment_->overflow;
      while (cursor.segment_ == nullptr && ++cursor.directory_index_ <= directory_mask_) {
        if (is_first_of(cursor.directory_index_)) cursor.segment_ = directory_[cursor.directory_index_];
      }
    }
    return false;
  }

  /// Makes sure that `count` segments can be taken without allocating.
  void reserve_spares(std::size_t count) {
    for (; spares_ < count; ++spares_) {
      Segment* segment = Segment::make(kLayout);
      bytes_ += kLayout.bytes;
      segment->overflow = std::exchange(spare_, segment);
    }
  }

  Segment* take_spare(unsigned depth) noexcept {
    Segment* segment = std::exchange(spare_, spare_->overflow);
    segment->overflow = nullptr;
    segment->depth = depth;
    --spares_;
    ++segments_;
    return segment;
  }

  /// Requires: all slots are empty.
  void recycle(Segment* segment) noexcept {
    segment->overflow = std::exchange(spare_, segment);
    ++spares_;
    --segments_;
  }

  void free(Segment* segment) noexcept {
    bytes_ -= layout_.bytes;
    Segment::free(segment);
  }

  /// Back to a table without memory.
  void release() noexcept {
    if (directory_ == none_directory_) return;
    for (std::size_t i = directory_mask_ + 1; i-- > 0;) {
      if (!is_first_of(i)) continue;
      for (Segment* segment = directory_[i]; segment != nullptr;) {
        segment->destroy_entries(layout_);
        free(std::exchange(segment, segment->overflow));
      }
    }
    while (spare_ != nullptr) free(std::exchange(spare_, spare_->overflow));
    delete[] directory_;
    directory_ = none_directory_;
    layout_ = Layout(kFirstSlots);
    directory_mask_ = limit_ = size_ = segments_ = spares_ = bytes_ = 0;
  }

  void swap(Table& other) noexcept {
    std::swap(directory_, other.directory_);
    std::swap(directory_mask_, other.directory_mask_);
    std::swap(layout_, other.layout_);
    std::swap(limit_, other.limit_);
    std::swap(size_, other.size_);
    std::swap(segments_, other.segments_);
    std::swap(spare_, other.spare_);
    std::swap(spares_, other.spares_);
    std::swap(bytes_, other.bytes_);
  }

  Segment** directory_ = none_directory_;
  std::size_t directory_mask_ = 0;
  Layout layout_{kFirstSlots};
  std::size_t limit_ = 0;  ///< entries at which a segment splits
  std::size_t size_ = 0;
  std::size_t segments_ = 0;  ///< in the directory and in chains
  Segment* spare_ = nullptr;  ///< empty segments of kSlots slots, linked by `overflow`
  std::size_t spares_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace weir::state
