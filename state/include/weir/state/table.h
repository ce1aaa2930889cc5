#pragma once

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
/// decide the key group, so the keys of one subtask share them). Hash 0 counts as hash 1, and is reported so. Hashes
/// that agree in their low bits are handled right, in time proportional to their number.
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

  using Slot = detail::Slot<K, V>;
  using Segment = detail::Segment<K, V>;

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
    Slot* slot = probe(detail::marked(hash), key).found;
    return slot != nullptr ? &slot->value() : nullptr;
  }
  template <class Lookup>
  const V* find(std::uint64_t hash, const Lookup& key) const {
    return const_cast<Table*>(this)->find(hash, key);
  }

  /// The value of `key`, and whether it was inserted by this call, as V{}.
  template <class Lookup>
  std::pair<V*, bool> find_or_insert(std::uint64_t hash, const Lookup& key) {
    hash = detail::marked(hash);
    const Probe probed = probe(hash, key);
    if (probed.found != nullptr) [[likely]]
      return {&probed.found->value(), false};
    return {insert(hash, key, probed.segment, probed.empty), true};
  }

  /// Whether there was such a key.
  template <class Lookup>
  bool erase(std::uint64_t hash, const Lookup& key) {
    const Probe probed = probe(detail::marked(hash), key);
    if (probed.found == nullptr) return false;
    erase_slot(probed.segment, *probed.found);
    return true;
  }

  /// Brings the cache line where `hash` is looked up nearer. Pays for tables far larger than the cache, some ten
  /// records ahead.
  void prefetch(std::uint64_t hash) const {
    hash = detail::marked(hash);
    __builtin_prefetch(segment_of(hash)->slots() + (hash & slot_mask_), 1);
  }

  /// Forgets all entries. Keeps the memory, laid out for as many entries again, if it was well used (an eighth of the
  /// slots), else gives it back.
  void clear() {
    const std::size_t slots = segments_ * (slot_mask_ + 1);
    if (directory_mask_ > 0 && size_ < slots / kSparse) {
      release();
    } else {
      for_each_segment([this](Segment& segment) {
        segment.destroy_entries(slot_mask_);
        while (segment.overflow != nullptr) {
          Segment* extra = std::exchange(segment.overflow, segment.overflow->overflow);
          extra->destroy_entries(slot_mask_);
          recycle(extra);
        }
      });
      size_ = 0;
    }
  }

  /// Calls f(const K&, V&, hash) for every entry, in no order that means anything. Requires: f does not insert or
  /// erase.
  template <class F>
  void for_each(F&& f) {
    for_each_slot([&f](Slot& slot) { f(std::as_const(slot.key()), slot.value(), slot.hash); });
  }
  template <class F>
  void for_each(F&& f) const {
    for_each_slot([&f](Slot& slot) { f(std::as_const(slot.key()), std::as_const(slot.value()), slot.hash); });
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
  static constexpr std::size_t kSlots = std::bit_floor(std::clamp<std::size_t>(128 * 1024 / sizeof(Slot), 64, 1024));
  static constexpr unsigned kSlotBits = std::countr_zero(kSlots);
  static constexpr std::size_t kFirstSlots = 16;
  static constexpr unsigned kMaxDepth = 32 - kSlotBits;
  static constexpr std::size_t kSparse = 8;
  /// Well mixed hashes need a directory of about two entries a segment. Beyond this many, hashes are too alike to be
  /// told apart by a larger one, and the segment overflows instead.
  static constexpr std::size_t kDirectoryPerSegment = 16;

  static constexpr std::size_t limit_of(std::size_t slots) { return slots / 4 * 3; }

  /// What a table without memory looks into: one slot, always empty.
  struct None {
    Segment segment;
    Slot slot;
  };
  static constinit inline None none_{};
  static constinit inline Segment* none_directory_[1] = {&none_.segment};

  struct Probe {
    Slot* found;
    Segment* segment;  ///< of `found` or `empty`
    Slot* empty;       ///< where the key would be inserted; null if its chain is full
  };

  std::size_t directory_index(std::uint64_t hash) const { return (hash >> kSlotBits) & directory_mask_; }
  Segment* segment_of(std::uint64_t hash) const { return directory_[directory_index(hash)]; }

  template <class Lookup>
  [[gnu::always_inline]] Probe probe(std::uint64_t hash, const Lookup& key) {
    Segment* segment = segment_of(hash);
    const std::size_t home = hash & slot_mask_;
    std::size_t i = home;
    do {
      Slot& slot = segment->slots()[i];
      if (slot.hash == hash && slot.key() == key) [[likely]]
        return {&slot, segment, nullptr};
      if (slot.empty()) return {nullptr, segment, &slot};
      i = (i + 1) & slot_mask_;
    } while (i != home);
    return probe_overflow(segment, hash, key);
  }

  template <class Lookup>
  [[gnu::noinline]] Probe probe_overflow(Segment* segment, std::uint64_t hash, const Lookup& key) {
    while (segment->overflow != nullptr) {
      segment = segment->overflow;
      std::size_t i = hash & slot_mask_;
      for (std::size_t seen = 0; seen <= slot_mask_; ++seen, i = (i + 1) & slot_mask_) {
        Slot& slot = segment->slots()[i];
        if (slot.hash == hash && slot.key() == key) return {&slot, segment, nullptr};
        if (slot.empty()) return {nullptr, segment, &slot};
      }
    }
    return {nullptr, segment, nullptr};
  }

  template <class Lookup>
  [[gnu::noinline]] V* insert(std::uint64_t hash, const Lookup& key, Segment* segment, Slot* slot) {
    if (slot == nullptr || segment->size >= limit_) {
      make_room(hash);
      segment = segment_of(hash);
      while (segment->size > slot_mask_) {
        if (segment->overflow == nullptr) {
          reserve_spares(1);
          segment->overflow = take_spare(0);
        }
        segment = segment->overflow;
      }
      slot = &segment->empty_slot(hash, slot_mask_);
    }
    K* stored = std::construct_at(reinterpret_cast<K*>(slot->key_bytes), key);
    if constexpr (std::is_nothrow_default_constructible_v<V>) {
      std::construct_at(reinterpret_cast<V*>(slot->value_bytes));
    } else {
      struct Undo {
        K* key;
        ~Undo() {
          if (key != nullptr) std::destroy_at(key);
        }
      } undo{stored};
      std::construct_at(reinterpret_cast<V*>(slot->value_bytes));
      undo.key = nullptr;
    }
    slot->hash = hash;
    ++segment->size;
    ++size_;
    return &slot->value();
  }

  /// Enlarges the only segment or splits the one of `hash`, if that can help.
  void make_room(std::uint64_t hash) {
    if (slot_mask_ + 1 < kSlots) return enlarge();
    const unsigned depth = segment_of(hash)->depth;
    const std::size_t directory_size = directory_mask_ + 1;
    const bool has_bit = (std::size_t{1} << depth) < directory_size;
    const bool may_double = directory_size * 2 <= kDirectoryPerSegment * (size_ / limit_of(kSlots) + 1);
    if (depth < kMaxDepth && (has_bit || may_double)) split(hash);
  }

  void enlarge() {
    const bool first = directory_ == none_directory_;
    const std::size_t slots = first ? kFirstSlots : (slot_mask_ + 1) * 2;
    auto directory = first ? std::make_unique<Segment*[]>(1) : nullptr;
    Segment* larger = Segment::make(slots);
    bytes_ += Segment::bytes(slots);
    if (first) {
      directory_ = directory.release();
      bytes_ += sizeof(Segment*);
      segments_ = 1;
    } else {
      Segment* old = directory_[0];
      for (std::size_t i = 0; i <= slot_mask_; ++i) {
        if (Slot& slot = old->slots()[i]; !slot.empty()) larger->take(slot, slots - 1);
      }
      free(old);
    }
    directory_[0] = larger;
    slot_mask_ = slots - 1;
    limit_ = limit_of(slots);
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
      for (std::size_t i = 0; i < kSlots; ++i) {
        Slot& slot = old->slots()[i];
        if (slot.empty()) continue;
        Segment*& tail = tails[(slot.hash >> (kSlotBits + depth)) & 1];
        if (tail->size == kSlots) tail = tail->overflow = take_spare(0);
        tail->take(slot, kSlots - 1);
      }
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

  void erase_slot(Segment* segment, Slot& slot) {
    slot.destroy();
    segment->close_hole(static_cast<std::size_t>(&slot - segment->slots()), slot_mask_);
    --size_;
    if (segment->overflow != nullptr) refill(segment);
  }

  /// Fills the hole of a segment that must be full because it has overflow, from the end of its chain.
  void refill(Segment* segment) {
    Segment* before = segment;
    while (before->overflow->overflow != nullptr) before = before->overflow;
    Segment* last = before->overflow;
    std::size_t i = 0;
    while (last->slots()[i].empty()) ++i;
    segment->take(last->slots()[i], slot_mask_);
    last->close_hole(i, slot_mask_);
    if (last->size == 0) {
      before->overflow = nullptr;
      recycle(last);
    }
  }

  /// Calls f for the first segment of every chain.
  template <class F>
  void for_each_segment(F&& f) const {
    for (std::size_t i = 0; i <= directory_mask_; ++i) {
      if (is_first_of(i)) f(*directory_[i]);
    }
  }

  /// A segment stands in the directory wherever its `depth` low bits do; of these places the first counts.
  bool is_first_of(std::size_t i) const { return (i >> directory_[i]->depth) == 0; }

  template <class F>
  void for_each_slot(F&& f) const {
    for_each_segment([&](Segment& first) {
      for (Segment* segment = &first; segment != nullptr; segment = segment->overflow) {
        if (segment->size == 0) continue;
        for (std::size_t i = 0; i <= slot_mask_; ++i) {
          if (Slot& slot = segment->slots()[i]; !slot.empty()) f(slot);
        }
      }
    });
  }

  template <class EntryType>
  bool advance(Cursor& cursor, EntryType& entry) const {
    while (cursor.segment_ != nullptr) {
      while (cursor.slot_ <= slot_mask_) {
        Slot& slot = cursor.segment_->slots()[cursor.slot_++];
        if (slot.empty()) continue;
        entry = {&slot.key(), &slot.value(), slot.hash};
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
      Segment* segment = Segment::make(kSlots);
      bytes_ += Segment::bytes(kSlots);
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
    segment->size = 0;
    segment->overflow = std::exchange(spare_, segment);
    ++spares_;
    --segments_;
  }

  void free(Segment* segment) noexcept {
    bytes_ -= Segment::bytes(slot_mask_ + 1);
    Segment::free(segment);
  }

  /// Back to a table without memory.
  void release() noexcept {
    if (directory_ == none_directory_) return;
    for (std::size_t i = directory_mask_ + 1; i-- > 0;) {
      if (!is_first_of(i)) continue;
      for (Segment* segment = directory_[i]; segment != nullptr;) {
        segment->destroy_entries(slot_mask_);
        free(std::exchange(segment, segment->overflow));
      }
    }
    while (spare_ != nullptr) free(std::exchange(spare_, spare_->overflow));
    delete[] directory_;
    directory_ = none_directory_;
    directory_mask_ = slot_mask_ = limit_ = size_ = segments_ = spares_ = bytes_ = 0;
  }

  void swap(Table& other) noexcept {
    std::swap(directory_, other.directory_);
    std::swap(directory_mask_, other.directory_mask_);
    std::swap(slot_mask_, other.slot_mask_);
    std::swap(limit_, other.limit_);
    std::swap(size_, other.size_);
    std::swap(segments_, other.segments_);
    std::swap(spare_, other.spare_);
    std::swap(spares_, other.spares_);
    std::swap(bytes_, other.bytes_);
  }

  Segment** directory_ = none_directory_;
  std::size_t directory_mask_ = 0;
  std::size_t slot_mask_ = 0;
  std::size_t limit_ = 0;  ///< entries at which a segment splits
  std::size_t size_ = 0;
  std::size_t segments_ = 0;  ///< in the directory and in chains
  Segment* spare_ = nullptr;  ///< empty segments of kSlots slots, linked by `overflow`
  std::size_t spares_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace weir::state
