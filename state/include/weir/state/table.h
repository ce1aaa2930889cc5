#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "weir/core/check.h"
#include "weir/core/contains_text.h"
#include "weir/core/time.h"
#include "weir/state/detail/directory.h"
#include "weir/state/entry_reader.h"
#include "weir/state/entry_writer.h"

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
/// Changes are tracked: freeze() makes everything changed since the last one a frozen picture, in no time, and drain()
/// gives that picture to an EntryWriter, bit by bit, while the table goes on changing; an entry of it that is about to
/// change is written first. What the const members give is only read; a value handed out by a member that is not const
/// counts as changed. Erasing an entry that the cold store has is told to the writer at once.
///
/// Given an EntryReader, it need not hold every entry: evict() forgets some that the cold store has, and whatever looks
/// for one of these later reads it back. A table that has forgotten nothing never asks. size() and walks are about the
/// entries that it holds.
///
/// Pointers, references and cursors are valid until the next insert, erase, clear or move; to change a value, they are
/// valid until the next freeze() only. Allocates when it grows only. Thread: one owner at a time. Errors:
/// std::bad_alloc, and what constructing K or V and the writer throw; the table is unchanged then.
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

  Table() = default;
  /// A table that was moved from is like a new one.
  Table(Table&& other) noexcept
      : directory_(std::move(other.directory_)), tracking_(std::exchange(other.tracking_, {})) {}
  Table& operator=(Table&& other) noexcept {
    directory_ = std::move(other.directory_);
    tracking_ = std::exchange(other.tracking_, {});
    return *this;
  }

  /// Entries that the table holds.
  std::size_t size() const { return directory_.size(); }
  bool empty() const { return directory_.size() == 0; }

  /// Entries that only the cold store holds.
  std::size_t cold_only() const { return tracking_.cold_only; }

  /// Entries that changed since the last freeze().
  std::size_t changed() const { return tracking_.changed_entries; }

  /// Bytes held: all slots, used or not, spare segments and the directory. Not what keys and values allocate
  /// themselves.
  std::size_t memory_bytes() const { return directory_.memory_bytes(); }

  /// The value of `key`, or null.
  template <class Lookup>
  V* find(std::uint64_t hash, const Lookup& key) {
    const Probe probed = probe_changed(hash, key);
    if (probed.found) [[likely]]
      return &value_at(probed);
    return directory_.all_changed() ? nullptr : find_unchanged(hash, key);
  }
  template <class Lookup>
  const V* find(std::uint64_t hash, const Lookup& key) const {
    auto& self = const_cast<Table&>(*this);
    Probe probed = self.probe_all(hash, key);
    if (!probed.found) {
      // Entries that the caller knows stay where they are.
      if (!self.fetch(hash, key, &Directory::place_beside)) return nullptr;
      probed = self.probe_all(hash, key);
    }
    if (tracking_.reader != nullptr) probed.segment->set_recent(probed.slot, true, directory_.layout());
    return &self.value_at(probed);
  }

  /// Whether the table itself holds an entry of `key`.
  template <class Lookup>
  bool holds(std::uint64_t hash, const Lookup& key) const {
    return const_cast<Table&>(*this).probe_all(hash, key).found;
  }

  /// The value of `key`, and whether it was inserted by this call, as V{}.
  template <class Lookup>
  std::pair<V*, bool> find_or_insert(std::uint64_t hash, const Lookup& key) {
    const Probe probed = probe_changed(hash, key);
    if (probed.found) [[likely]]
      return {&value_at(probed), false};
    if (!directory_.all_changed()) {
      if (V* value = find_unchanged(hash, key)) return {value, false};
    }
    return {insert(hash, key, detail::Marks{.changed = true}), true};
  }

  /// The value, V{}, of a key that is known to be absent, here and in the cold store.
  template <class Lookup>
  V& insert_absent(std::uint64_t hash, const Lookup& key) {
    return *insert(hash, key, detail::Marks{.changed = true});
  }

  /// Asks for what find_or_insert(hash) will read first; a later prefetch_value(hash) does not wait for it then.
  /// Changes nothing. Worth it in a large table, several keys ahead.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const { directory_.prefetch(hash); }

  /// Asks for where the value of `hash` is or would probably go. Changes nothing.
  [[gnu::always_inline]] void prefetch_value(std::uint64_t hash) const { directory_.prefetch_slot(hash); }

  /// Whether there was such a key.
  template <class Lookup>
  bool erase(std::uint64_t hash, const Lookup& key) {
    Probe probed = probe_all(hash, key);
    if (!probed.found) {
      if (!fetch(hash, key, &Directory::place_for)) return false;
      probed = probe_all(hash, key);
    }
    directory_.catch_up(hash);
    tell_of_end(*probed.segment, probed.slot);
    directory_.erase(*probed.segment, probed.slot);
    return true;
  }

  /// Forgets all entries, as if the cold store never had them. Keeps the memory, laid out for as many entries again, if
  /// it was well used (an eighth of the slots), else gives it back. Requires: !frozen().
  void clear() {
    WEIR_CHECK(!frozen());
    directory_.clear();
    tracking_.changed = false;
    tracking_.changed_entries = tracking_.cold_only = 0;
  }

  // ---- Writing down.

  /// Entries go to `writer` from now on, with `slice`. Requires: !frozen(); `writer` lives as long as the table is
  /// used.
  void track(EntryWriter<K, V>& writer, Timestamp slice = {}) {
    WEIR_CHECK(!frozen());
    tracking_.writer = &writer;
    tracking_.slice = slice;
  }

  /// All changes up to now belong to a picture that drain() writes down. Costs a pointer a thousand entries.
  /// Requires: !frozen(), and a writer.
  void freeze() {
    WEIR_CHECK(tracking_.writer != nullptr && !frozen());
    if (!std::exchange(tracking_.changed, false)) return;
    tracking_.changed_entries = 0;
    directory_.begin_epoch();
    tracking_.frozen = true;
    tracking_.drained = Directory::kFirst;
  }

  /// There may be entries of the picture that are not written yet.
  bool frozen() const { return tracking_.frozen; }

  /// Writes entries of the picture until bool enough(), which is asked every few of them. True: all are written.
  template <class Enough>
  bool drain(Enough&& enough) {
    if (!tracking_.frozen) return true;
    while (tracking_.drained != Directory::kLast) {
      Segment* segment = directory_.catch_up_at_position(tracking_.drained);
      for (; segment != nullptr; segment = segment->overflow) {
        if (!drain_segment(*segment, enough)) return false;
      }
      tracking_.drained = directory_.chain_after(tracking_.drained);
      if (tracking_.drained != Directory::kLast && enough()) return false;
    }
    tracking_.frozen = false;
    return true;
  }

  /// Inserts an entry that the cold store has as it is going to be, and gives its value, V{}, to be filled. Null: the
  /// key is there already.
  template <class Lookup>
  V* load(std::uint64_t hash, const Lookup& key) {
    if (probe_all(hash, key).found) return nullptr;
    directory_.expect_unchanged();
    return insert(hash, key, detail::Marks{.cold = true});
  }

  // ---- More entries than memory.

  /// What the table does not hold is asked for there from now on. Requires: track(); `reader` lives as long as the
  /// table is used.
  void read_from(EntryReader<K, V>& reader) {
    WEIR_CHECK(tracking_.writer != nullptr);
    tracking_.reader = &reader;
  }

  /// Nobody is asked any more. Requires: cold_only() == 0, or the table is only cleared or moved from now on.
  void stop_reading() { tracking_.reader = nullptr; }

  /// The cold store has so many entries that the table does not hold. Requires: a reader.
  void expect_cold(std::size_t entries = 1) {
    if (entries == 0) return;
    tracking_.cold_only += entries;
    expect_missing();
  }

  /// An entry that only the cold store had comes back: its value, V{}, to be filled. Null: the table holds it already.
  /// Requires: the cold store has it, and it has not ended.
  template <class Lookup>
  V* come_back(std::uint64_t hash, const Lookup& key) {
    if (holds(hash, key)) return nullptr;
    WEIR_CHECK(tracking_.cold_only > 0);
    V* value = insert(hash, key, detail::Marks{.cold = true, .recent = true});
    --tracking_.cold_only;
    return value;
  }

  /// The same for one that nobody has asked for. Requires: the table does not hold it; cold_only() > 0.
  template <class Lookup>
  V& bring_back(std::uint64_t hash, const Lookup& key) {
    WEIR_CHECK(tracking_.cold_only > 0);
    V* value = insert(hash, key, detail::Marks{.cold = true});
    --tracking_.cold_only;
    return *value;
  }

  /// erase() of a key that is known to be there: what only the cold store has is not read first. False: it was that.
  template <class Lookup>
  bool erase_unread(std::uint64_t hash, const Lookup& key) {
    if (holds(hash, key)) return erase(hash, key);
    WEIR_CHECK(tracking_.cold_only > 0);
    tracking_.writer->erase(tracking_.slice, hash, K(key));
    --tracking_.cold_only;
    tracking_.changed = true;
    return false;
  }

  /// Gives memory back that entries which are gone have left. Requires: !frozen().
  void compact() {
    WEIR_CHECK(!frozen());
    directory_.join_all();
  }

  /// Where evict() goes on: a hand that goes round the table.
  class Hand {
    friend class Table;
    typename Directory::StablePosition at_ = Directory::kFirst;
  };

  /// Forgets entries of some thousand that the cold store has as they are, unless they were used since the hand came by
  /// last; calls forgotten(const K&, hash) before it forgets one. False: the hand has come round. What then is not
  /// changed and still there goes when it comes round again.
  /// Requires: !frozen(); a reader; the cold store has acknowledged everything that was written.
  template <class Forgotten>
  bool evict(Hand& hand, Forgotten&& forgotten) {
    return evict_piece(hand, [&](Segment& segment) { evict_unused(segment, forgotten); });
  }

  /// The same, but it does not matter what was used: choose(for_each), where for_each(f) calls f(const K&) for each of
  /// the thousand entries, gives bool goes(const K&).
  template <class Choose, class Forgotten>
  bool evict_chosen(Hand& hand, Choose&& choose, Forgotten&& forgotten) {
    return evict_piece(hand, [&](Segment& segment) {
      const auto& layout = directory_.layout();
      auto goes = choose([&](auto&& f) {
        segment.for_each(layout, [&](std::size_t i) { f(std::as_const(segment.slots(layout)[i].key())); });
      });
      evict_from(segment, forgotten,
                 [&](std::size_t slot) { return goes(std::as_const(segment.slots(layout)[slot].key())); });
    });
  }

  // ---- Entries that end by themselves.

  /// Erases those of some thousand entries of which bool over(const V&) says so; calls ended(const K&, hash) before it
  /// erases one. The hand goes on round the table, call by call.
  template <class Over, class Ended>
  void erase_some(Hand& hand, Over&& over, Ended&& ended) {
    if (empty()) {
      hand = {};
      return;
    }
    const auto& layout = directory_.layout();
    const auto at = directory_.begin_of_chain(hand.at_);
    Segment& segment = *directory_.catch_up_at_position(at);
    const auto next = directory_.chain_after(at);
    std::size_t slot = segment.next_taken(0, layout);
    while (slot < layout.slot_count()) {
      Slot& entry = segment.slots(layout)[slot];
      if (over(std::as_const(entry.value()))) {
        ended(std::as_const(entry.key()), segment.hashes(layout)[slot]);
        tell_of_end(segment, slot);
        directory_.erase(segment, slot);  // another entry may move to where it was
      } else {
        ++slot;
      }
      slot = segment.next_taken(slot, layout);
    }
    if (!frozen()) directory_.join_with_before(at);
    hand.at_ = next == Directory::kLast ? Directory::kFirst : next;
  }

  // ---- Walks.

  /// Calls f(const K&, V&, hash) for every entry, in no order that means anything. Requires: f does not insert or
  /// erase.
  template <class F>
  void for_each(F&& f) {
    for_each_slot([&](Segment& segment, std::size_t i, Slot& slot, std::uint64_t hash) {
      change(segment, i);
      f(std::as_const(slot.key()), slot.value(), hash);
    });
  }
  template <class F>
  void for_each(F&& f) const {
    for_each_slot([&f](Segment&, std::size_t, Slot& slot, std::uint64_t hash) {
      f(std::as_const(slot.key()), std::as_const(slot.value()), hash);
    });
  }

  /// A cursor before the first entry.
  Cursor begin() const {
    Cursor cursor;
    cursor.at_ = directory_.begin();
    return cursor;
  }

  /// Moves to the next entry, or returns false at the end. Every entry is met once.
  bool next(Cursor& cursor, Entry& entry) {
    if (!advance(cursor, entry)) return false;
    change(*cursor.at_.segment, cursor.slot_ - 1);
    return true;
  }
  bool next(Cursor& cursor, ConstEntry& entry) const { return advance(cursor, entry); }

 private:
  struct Probe {
    Segment* segment;
    std::size_t slot;
    bool found;
  };

  /// What the table knows of writers, freezes and drains.
  struct Tracking {
    bool frozen = false;
    bool changed = false;                            ///< something may have changed since the last freeze
    typename Directory::StablePosition drained = 0;  ///< where drain() goes on
    EntryWriter<K, V>* writer = nullptr;
    EntryReader<K, V>* reader = nullptr;  ///< null: the table holds everything
    std::size_t cold_only = 0;
    std::size_t changed_entries = 0;
    Timestamp slice{};
  };

  V& value_at(const Probe& probed) { return probed.segment->slots(directory_.layout())[probed.slot].value(); }

  /// Finds an entry that has changed in the current epoch.
  template <class Lookup>
  [[gnu::always_inline]] Probe probe_changed(std::uint64_t hash, const Lookup& key) {
    const detail::Tag tag = detail::changed_tag_of(hash);
    return probe(directory_.current_segment_of(hash), hash, key, [tag](auto& group) { return group.matching(tag); });
  }

  /// Finds any entry.
  template <class Lookup>
  Probe probe_all(std::uint64_t hash, const Lookup& key) {
    const detail::Tag changed = detail::changed_tag_of(hash);
    return probe(
        directory_.segment_of(hash), hash, key,
        [changed, other = detail::unchanged_tag(changed)](auto& group) { return group.matching(changed, other); });
  }

  /// The value of an entry that has not changed in the current epoch, but is about to, or null.
  template <class Lookup>
  [[gnu::noinline]] V* find_unchanged(std::uint64_t hash, const Lookup& key) {
    Probe probed = probe_all(hash, key);
    if (!probed.found) {
      if (!fetch(hash, key, &Directory::place_for)) return nullptr;
      probed = probe_all(hash, key);
    }
    change(*probed.segment, probed.slot);
    return &value_at(probed);
  }

  /// Reads an entry back that only the cold store has. False: there is none. Requires: the table does not hold it.
  template <class Lookup>
  bool fetch(std::uint64_t hash, const Lookup& lookup,
             typename Directory::Place (Directory::*place_of)(std::uint64_t)) {
    if (tracking_.cold_only == 0) [[likely]]
      return false;
    if constexpr (std::is_constructible_v<K, const Lookup&>) {
      return fetch_cold(hash, lookup, place_of);
    } else {
      WEIR_CHECK(false, "a table that is searched by something else than keys has forgotten entries");
      return false;
    }
  }
  template <class Lookup>
  [[gnu::noinline]] bool fetch_cold(std::uint64_t hash, const Lookup& lookup,
                                    typename Directory::Place (Directory::*place_of)(std::uint64_t)) {
    const std::conditional_t<std::is_same_v<K, Lookup>, const K&, const K> key(lookup);
    V value{};
    if (!tracking_.reader->read(tracking_.slice, hash, key, value)) return false;
    V& stored = *insert_at((directory_.*place_of)(hash), hash, lookup, detail::Marks{.cold = true, .recent = true});
    std::destroy_at(&stored);
    std::construct_at(&stored, std::move(value));
    --tracking_.cold_only;
    tracking_.reader->came_back(key, hash);
    return true;
  }

  /// Not every entry is here: a search among those that changed does not tell what is absent.
  void expect_missing() {
    directory_.expect_unchanged();
    directory_.use_full_segments();
  }

  bool release_memory(Hand& hand) {
    directory_.release_if_empty();
    if (tracking_.cold_only > 0) expect_missing();
    hand = {};
    return false;
  }

  template <class EvictFrom>
  bool evict_piece(Hand& hand, EvictFrom&& evict_from) {
    WEIR_CHECK(tracking_.reader != nullptr && !frozen());
    if (empty()) return release_memory(hand);
    const auto at = directory_.begin_of_chain(hand.at_);
    Segment& segment = *directory_.catch_up_at_position(at);
    const auto next = directory_.chain_after(at);
    const std::size_t before = size();
    evict_from(segment);
    tracking_.cold_only += before - size();
    if (before != size()) expect_missing();
    if (empty()) return release_memory(hand);
    directory_.join_with_before(at);
    hand.at_ = next == Directory::kLast ? Directory::kFirst : next;
    return next != Directory::kLast;
  }

  template <class Forgotten>
  void evict_unused(Segment& segment, Forgotten& forgotten) {
    const auto& layout = directory_.layout();
    evict_from(segment, forgotten, [&](std::size_t slot) { return !segment.marks(slot, layout).recent; });
    std::fill_n(segment.recent(layout), layout.group_mask + 1, 0);
  }

  /// Forgets clean entries of which goes(slot) says so.
  template <class Forgotten, class Goes>
  void evict_from(Segment& segment, Forgotten& forgotten, Goes&& goes) {
    const auto& layout = directory_.layout();
    for (std::size_t i = 0; i <= layout.group_mask; ++i) {
      std::uint32_t stay = 0;
      for (;;) {
        const detail::TagGroup group = segment.group(i);
        const detail::SlotSet clean(group.taken().bits() & ~group.changed().bits() &
                                    ~std::uint32_t{segment.frozen(layout)[i]} & std::uint32_t{segment.cold(layout)[i]} &
                                    ~stay);
        if (clean.empty()) break;
        const std::size_t slot = i * detail::kGroupSlots + clean.first();
        if (!goes(slot)) {
          stay |= std::uint32_t{1} << clean.first();
          continue;
        }
        forgotten(std::as_const(segment.slots(layout)[slot].key()), segment.hashes(layout)[slot]);
        // Another entry may move to where it was.
        directory_.erase(segment, slot);
      }
    }
  }

  template <class Lookup, class Match>
  [[gnu::always_inline]] Probe probe(Segment* segment, std::uint64_t hash, const Lookup& key, Match match) {
    const std::size_t group_mask = directory_.layout().group_mask;
    const std::size_t home = hash & group_mask;
    std::size_t i = home;
    do {
      const detail::TagGroup group = segment->group(i);
      for (detail::SlotSet same = match(group); !same.empty(); same.drop_first()) {
        const std::size_t slot = i * detail::kGroupSlots + same.first();
        if (holds(*segment, slot, hash, key)) [[likely]]
          return {segment, slot, true};
      }
      if (!group.empties().empty()) [[likely]]
        return {segment, 0, false};
      i = (i + 1) & group_mask;
    } while (i != home);
    return probe_overflow(segment, hash, key, match);
  }

  template <class Lookup, class Match>
  [[gnu::noinline]] Probe probe_overflow(Segment* first, std::uint64_t hash, const Lookup& key, Match match) {
    const std::size_t group_mask = directory_.layout().group_mask;
    for (Segment* segment = first->overflow; segment != nullptr; segment = segment->overflow) {
      std::size_t i = hash & group_mask;
      for (std::size_t seen = 0; seen <= group_mask; ++seen, i = (i + 1) & group_mask) {
        const detail::TagGroup group = segment->group(i);
        for (detail::SlotSet same = match(group); !same.empty(); same.drop_first()) {
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
  [[gnu::noinline]] V* insert(std::uint64_t hash, const Lookup& key, const detail::Marks& marks) {
    return insert_at(directory_.place_for(hash), hash, key, marks);
  }

  template <class Lookup>
  V* insert_at(typename Directory::Place place, std::uint64_t hash, const Lookup& key, const detail::Marks& marks) {
    Slot& slot = place.segment->slots(directory_.layout())[place.slot];
    slot.construct(key);
    directory_.mark(place, hash, marks);
    if (marks.changed) note_change();
    return &slot.value();
  }

  void note_change() {
    tracking_.changed = true;
    ++tracking_.changed_entries;
  }

  /// An entry is about to change.
  void change(Segment& segment, std::size_t slot) {
    const auto& layout = directory_.layout();
    directory_.catch_up(segment.hashes(layout)[slot]);
    detail::Marks marks = segment.marks(slot, layout);
    if (marks.changed) return;
    if (marks.frozen) marks = write(segment, slot);
    marks.changed = true;
    note_change();
    segment.set_marks(slot, marks, layout);
  }

  /// Writes an entry of the picture; what it is marked with then.
  detail::Marks write(Segment& segment, std::size_t slot) {
    const auto& layout = directory_.layout();
    Slot& entry = segment.slots(layout)[slot];
    tracking_.writer->put(tracking_.slice, segment.hashes(layout)[slot], std::as_const(entry.key()),
                          std::as_const(entry.value()));
    const detail::Marks marks{.changed = segment.marks(slot, layout).changed, .cold = true, .recent = true};
    segment.set_marks(slot, marks, layout);
    return marks;
  }

  /// An entry is about to end.
  void tell_of_end(Segment& segment, std::size_t slot) {
    const auto& layout = directory_.layout();
    detail::Marks marks = segment.marks(slot, layout);
    if (marks.frozen) marks = write(segment, slot);
    if (marks.changed) --tracking_.changed_entries;
    if (!marks.cold) return;
    tracking_.writer->erase(tracking_.slice, segment.hashes(layout)[slot],
                            std::as_const(segment.slots(layout)[slot].key()));
    tracking_.changed = true;
  }

  template <class Enough>
  bool drain_segment(Segment& segment, Enough& enough) {
    if (!segment.any_frozen) return true;
    const auto& layout = directory_.layout();
    for (std::size_t i = 0; i <= layout.group_mask; ++i) {
      detail::SlotSet frozen(segment.frozen(layout)[i]);
      if (frozen.empty()) continue;
      for (; !frozen.empty(); frozen.drop_first()) write(segment, i * detail::kGroupSlots + frozen.first());
      if (enough()) return false;
    }
    segment.any_frozen = false;
    return true;
  }

  template <class F>
  void for_each_slot(F&& f) const {
    const auto& layout = directory_.layout();
    for (auto at = directory_.begin(); at.segment != nullptr; directory_.advance(at)) {
      at.segment->for_each(layout, [&](std::size_t i) {
        f(*at.segment, i, at.segment->slots(layout)[i], at.segment->hashes(layout)[i]);
      });
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
  Tracking tracking_;
};

}  // namespace weir::state
