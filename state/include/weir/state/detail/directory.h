#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "weir/state/detail/segment.h"

namespace weir::state::detail {

/// The segments of a table, found by the hash of an entry: how they are made, split, chained and given back.
///
/// While there is one segment it doubles until it has kSlots slots; from then on all segments have as many, and one
/// that is full splits in two. Of several segments in a chain only the first stands in the directory.
///
/// Beginning an epoch touches no segment: each follows when something in it is about to change, or when the walk that
/// writes the frozen entries down comes by. Until then it does not stand in the directory that searches for what has
/// changed already use, so that these need not ask.
///
/// Thread: one owner at a time. Errors: std::bad_alloc; nothing is changed then.
template <class K, class V>
class Directory {
 public:
  using Segment = detail::Segment<K, V>;
  using Slot = typename Segment::SlotType;
  using Layout = typename Segment::Layout;

  /// A place in a walk over all chains that goes on while entries come and go and segments split. Chains are met in the
  /// order of the reversed bits that name them: a split replaces one by two that follow each other. Who is not done
  /// with a chain that splits begins again with the first of the two.
  using StablePosition = std::uint32_t;
  static constexpr StablePosition kFirst = 0;
  static constexpr StablePosition kLast = StablePosition{1} << kMaxDepth;

  Directory() = default;
  Directory(Directory&& other) noexcept { swap(other); }
  Directory& operator=(Directory&& other) noexcept {
    if (this != &other) {
      release();
      swap(other);
    }
    return *this;
  }
  ~Directory() { release(); }

  /// Of all segments that hold entries.
  const Layout& layout() const { return layout_; }

  /// Entries of all segments.
  std::size_t size() const { return size_; }

  std::size_t memory_bytes() const {
    if (directory_ == none_directory_) return 0;
    return bytes_ + (directory_mask_ + 1) * sizeof(Segment*) * (current_ == directory_ ? 1 : 2);
  }

  /// The first segment of the chain where `hash` belongs.
  Segment* segment_of(std::uint64_t hash) const { return directory_[index_of(hash)]; }

  // Always inline: g++ takes a function that only prefetches for one without effect, and drops calls to it.

  /// Asks for the tags that a probe for `hash` begins with, and for the segment's head, which an insert changes.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
    Segment* segment = segment_of(hash);
    __builtin_prefetch(segment, 1);
    __builtin_prefetch(segment->tags() + (hash & layout_.group_mask) * kGroupSlots, 1);
  }

  /// Asks for the slot of an entry of `hash`, as its tags make it likely: the first that may hold it, else the first
  /// empty one, and where its hash would be kept.
  [[gnu::always_inline]] void prefetch_slot(std::uint64_t hash) const {
    Segment* segment = segment_of(hash);
    const std::size_t home = hash & layout_.group_mask;
    const TagGroup group = segment->group(home);
    const Tag changed = changed_tag_of(hash);
    if (const SlotSet same = group.matching(changed, unchanged_tag(changed)); !same.empty()) {
      __builtin_prefetch(segment->slots(layout_) + home * kGroupSlots + same.first(), 1);
    } else if (const SlotSet empties = group.empties(); !empties.empty()) {
      const std::size_t slot = home * kGroupSlots + empties.first();
      __builtin_prefetch(segment->slots(layout_) + slot, 1);
      __builtin_prefetch(segment->hashes(layout_) + slot, 1);
    }
  }

  /// The same if it is in the current epoch, else one without entries.
  Segment* current_segment_of(std::uint64_t hash) const { return current_[index_of(hash)]; }

  /// All entries changed in the current epoch, and none has a row: a search among those that changed finds all.
  bool all_changed() const { return all_changed_; }

  /// The parity of the current epoch.
  unsigned epoch() const { return epoch_; }

  /// Begins the next epoch; costs a pointer a segment. Requires: catch_up() was called for every chain since the last
  /// time, and nothing is frozen.
  void begin_epoch() {
    if (directory_ != none_directory_) {
      if (current_ == directory_) current_ = new Segment*[directory_mask_ + 1];
      std::fill_n(current_, directory_mask_ + 1, &none_.segment);
    }
    epoch_ ^= 1;
    all_changed_ = false;
  }

  /// Brings the chain of `hash` into the current epoch. Moves no entry. Requires: there are segments.
  Segment* catch_up(std::uint64_t hash) { return catch_up_at(index_of(hash)); }

  /// Entries that did not change are to come.
  void expect_unchanged() { all_changed_ = false; }

  /// The slot for a new entry, made room for. It counts once marked(). Invalidates other slots' addresses.
  struct Place {
    Segment* segment;
    std::size_t slot;
  };
  Place place_for(std::uint64_t hash) {
    if (limit_ != 0) catch_up(hash);
    Segment* segment = segment_of(hash);
    if (segment->size >= limit_) {
      make_room(hash);
      segment = last_of_chain(segment_of(hash));
    }
    return {segment, segment->empty_slot(hash, layout_)};
  }
  /// The same without moving any other entry: what they are called by stays valid. Requires: use_full_segments().
  Place place_beside(std::uint64_t hash) {
    if (limit_ == 0) enlarge();
    Segment* segment = last_of_chain(catch_up(hash));
    return {segment, segment->empty_slot(hash, layout_)};
  }
  void mark(Place place, std::uint64_t hash, const Marks& marks) {
    place.segment->mark(place.slot, hash, marks, layout_);
    ++size_;
  }

  /// Ends an entry. Requires: its chain is in the current epoch.
  void erase(Segment& segment, std::size_t slot) {
    segment.slots(layout_)[slot].destroy();
    --size_;
    Segment* last = &segment;
    while (last->overflow != nullptr && last->overflow->size > 0) last = last->overflow;
    if (last == &segment) return remove(segment, slot);
    // A segment with overflow must stay full: an entry from the end of the chain takes the place.
    std::size_t from = 0;
    while (last->tags()[from] == kEmptyTag) ++from;
    segment.replace(slot, *last, from, layout_);
    remove(*last, from);
  }

  /// There is no segment but of kSlots slots from now on, so that place_beside() need not enlarge one.
  void use_full_segments() {
    if (std::exchange(full_segments_, true) || directory_ == none_directory_ || layout_.slot_count() == kSlots) return;
    catch_up(0);
    enlarge();
  }

  /// Makes one segment of two that follow each other there, as often as their entries leave much room in it, and gives
  /// the memory back. Requires: nothing is frozen; there are segments.
  void join_with_before(StablePosition position) {
    while (const unsigned depth = directory_[reverse(position) & directory_mask_]->depth) {
      const std::size_t index = reverse(position) & directory_mask_;
      const std::size_t bit = std::size_t{1} << (depth - 1);
      if ((index & bit) == 0) break;
      Segment* const second = catch_up_at(index);
      Segment* const first = directory_[index ^ bit];
      const bool single = first->overflow == nullptr && second->overflow == nullptr;
      if (first->depth != depth || !single || first->size + second->size > kJoined) break;
      catch_up_at(index ^ bit);
      second->for_each(kLayout, [&](std::size_t slot) { first->take(*second, slot, kLayout, kLayout); });
      second->forget_entries(kLayout);
      --first->depth;
      for (std::size_t i = index & (bit - 1); i <= directory_mask_; i += bit) directory_[i] = current_[i] = first;
      recycle(second);
      position -= kLast >> depth;
    }
    while (spares_ > kKeptSpares) free_spare();
  }

  /// The same for all segments; gives everything back if there are no entries. Requires: nothing is frozen.
  void join_all() {
    if (directory_ == none_directory_) return;
    if (size_ == 0) return release();
    StablePosition next = kFirst;
    for (StablePosition at = kFirst; at != kLast; at = next) {
      next = chain_after(at);
      join_with_before(at);
    }
  }

  /// Gives everything back if there are no entries.
  void release_if_empty() noexcept {
    if (size_ == 0) release();
  }

  /// Ends all entries. Keeps the segments if they were well used, else gives everything back.
  void clear() {
    if (directory_mask_ > 0 && size_ < segments_ * kSlots / kSparse) return release();
    if (directory_ == none_directory_) return;
    for (std::size_t i = 0; i <= directory_mask_; i = next_chain(i)) {
      Segment& first = *directory_[i];
      first.destroy_entries(layout_);
      while (first.overflow != nullptr) {
        Segment* extra = std::exchange(first.overflow, first.overflow->overflow);
        extra->destroy_entries(layout_);
        recycle(extra);
      }
      first.epoch = epoch_;
    }
    if (current_ != directory_) std::copy_n(directory_, directory_mask_ + 1, current_);
    size_ = 0;
    all_changed_ = true;
  }

  /// A segment on a walk over all of them.
  struct Position {
    Segment* segment = nullptr;  ///< null: at the end
    std::size_t index = 0;       ///< of its chain in the directory
  };
  Position begin() const { return {directory_[0], 0}; }
  void advance(Position& position) const {
    position.segment = position.segment->overflow;
    if (position.segment != nullptr) return;
    position.index = next_chain(position.index);
    if (position.index <= directory_mask_) position.segment = directory_[position.index];
  }

  /// The first segment of the chain there, in the current epoch. Requires: position < kLast, there are segments.
  Segment* catch_up_at_position(StablePosition position) { return catch_up_at(reverse(position) & directory_mask_); }
  /// The place of the chain after that; kLast if there is none.
  StablePosition chain_after(StablePosition position) const {
    return position + (kLast >> directory_[reverse(position) & directory_mask_]->depth);
  }
  /// Where the chain begins that the position lies in: segments may have been joined since.
  StablePosition begin_of_chain(StablePosition position) const {
    return position & ~((kLast >> directory_[reverse(position) & directory_mask_]->depth) - 1);
  }

 private:
  /// The lowest kMaxDepth bits the other way round.
  static constexpr std::uint32_t reverse(std::uint32_t bits) {
    bits = (bits & 0x5555'5555) << 1 | (bits >> 1 & 0x5555'5555);
    bits = (bits & 0x3333'3333) << 2 | (bits >> 2 & 0x3333'3333);
    bits = (bits & 0x0f0f'0f0f) << 4 | (bits >> 4 & 0x0f0f'0f0f);
    return __builtin_bswap32(bits) >> (32 - kMaxDepth);
  }

  Segment* catch_up_at(std::size_t index) {
    Segment* first = directory_[index];
    if (current_[index] == first) return first;
    if (first->epoch != epoch_) {
      for (Segment* segment = first; segment != nullptr; segment = segment->overflow)
        segment->begin_epoch(epoch_, layout_);
    }
    const std::size_t step = std::size_t{1} << first->depth;
    for (std::size_t i = index & (step - 1); i <= directory_mask_; i += step) current_[i] = first;
    return first;
  }

  /// Slots of a segment: 1024, fewer where entries are large, so that moving a segment stays short.
  static constexpr std::size_t kSlots =
      std::bit_floor(std::clamp<std::size_t>(128 * 1024 / sizeof(Slot), 64, kMaxSegmentSlots));
  static constexpr Layout kLayout{kSlots};
  static constexpr std::size_t kFirstSlots = kGroupSlots;
  /// The most entries that two segments have together when they become one; it splits at limit_of(kSlots).
  static constexpr std::size_t kJoined = kSlots / 8 * 5;
  static constexpr std::size_t kKeptSpares = 1;
  static constexpr std::size_t kSparse = 8;
  /// Well mixed hashes need a directory of about two entries a segment. Beyond this many, hashes are too alike to be
  /// told apart by a larger one, and the segment overflows instead.
  static constexpr std::size_t kDirectoryPerSegment = 16;

  static constexpr std::size_t limit_of(std::size_t slots) { return slots / 8 * 7; }

  /// What a search looks into where no segment is, or none of the current epoch: empty, whatever the layout.
  struct None {
    Segment segment;
    Tag tags[kSlots];
  };
  static constinit inline None none_{};
  static constinit inline Segment* none_directory_[1] = {&none_.segment};

  std::size_t index_of(std::uint64_t hash) const { return (hash >> kDirectoryShift) & directory_mask_; }

  /// A segment stands in the directory wherever its `depth` low bits do; of these places the first counts.
  bool is_first_of(std::size_t i) const { return (i >> directory_[i]->depth) == 0; }

  /// The index of the chain after the one at `i`; past the end if there is none.
  std::size_t next_chain(std::size_t i) const {
    do {
      ++i;
    } while (i <= directory_mask_ && !is_first_of(i));
    return i;
  }

  /// Enlarges the only segment or splits the one of `hash`, if that can help.
  void make_room(std::uint64_t hash) {
    if (limit_ < limit_of(kSlots)) return enlarge();
    const unsigned depth = segment_of(hash)->depth;
    const std::size_t directory_size = directory_mask_ + 1;
    const bool has_bit = (std::size_t{1} << depth) < directory_size;
    const bool may_double = directory_size * 2 <= kDirectoryPerSegment * (size_ / limit_of(kSlots) + 1);
    if (depth < kMaxDepth && (has_bit || may_double)) split(hash);
  }

  /// The last segment of a chain, with an empty slot.
  Segment* last_of_chain(Segment* segment) {
    while (segment->size == layout_.slot_count()) {
      if (segment->overflow == nullptr) {
        reserve_spares(1);
        segment->overflow = take_spare(0);
      }
      segment = segment->overflow;
    }
    return segment;
  }

  void enlarge() {
    const bool first = directory_ == none_directory_;
    const Layout layout(full_segments_ ? kSlots : first ? kFirstSlots : layout_.slot_count() * 2);
    auto directory = first ? std::make_unique<Segment*[]>(1) : nullptr;
    Segment* larger = Segment::make(layout);
    bytes_ += layout.bytes;
    if (first) {
      directory_ = current_ = directory.release();
      segments_ = 1;
    } else {
      Segment* old = directory_[0];
      old->for_each(layout_, [&](std::size_t slot) { larger->take(*old, slot, layout_, layout); });
      free(old);
    }
    directory_[0] = current_[0] = larger;
    larger->epoch = epoch_;
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
    for (std::size_t i = index_of(hash) & (step - 1); i <= directory_mask_; i += step) {
      directory_[i] = current_[i] = heads[(i >> depth) & 1];
    }
    Segment* tails[2] = {heads[0], heads[1]};
    while (old != nullptr) {
      old->for_each(kLayout, [&](std::size_t slot) {
        Segment*& tail = tails[(old->hashes(kLayout)[slot] >> (kDirectoryShift + depth)) & 1];
        if (tail->size == kSlots) tail = tail->overflow = take_spare(0);
        tail->take(*old, slot, kLayout, kLayout);
      });
      old->forget_entries(kLayout);
      recycle(std::exchange(old, old->overflow));
    }
  }

  void double_directory() {
    const std::size_t size = directory_mask_ + 1;
    std::unique_ptr<Segment*[]> current;
    if (current_ != directory_) current = doubled(current_);
    auto directory = doubled(directory_);
    free_directories();
    directory_ = directory.release();
    current_ = current != nullptr ? current.release() : directory_;
    directory_mask_ = size * 2 - 1;
  }

  std::unique_ptr<Segment*[]> doubled(Segment* const* directory) const {
    const std::size_t size = directory_mask_ + 1;
    auto twice = std::make_unique_for_overwrite<Segment*[]>(size * 2);
    std::copy_n(directory, size, twice.get());
    std::copy_n(directory, size, twice.get() + size);
    return twice;
  }

  void free_directories() noexcept {
    if (current_ != directory_) delete[] current_;
    delete[] directory_;
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
    segment->epoch = epoch_;
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

  void free_spare() noexcept {
    --spares_;
    free(std::exchange(spare_, spare_->overflow));
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
    while (spare_ != nullptr) free_spare();
    free_directories();
    directory_ = current_ = none_directory_;
    all_changed_ = true;
    layout_ = Layout(kFirstSlots);
    directory_mask_ = limit_ = size_ = segments_ = spares_ = 0;
  }

  void swap(Directory& other) noexcept {
    std::swap(directory_, other.directory_);
    std::swap(current_, other.current_);
    std::swap(directory_mask_, other.directory_mask_);
    std::swap(layout_, other.layout_);
    std::swap(limit_, other.limit_);
    std::swap(size_, other.size_);
    std::swap(segments_, other.segments_);
    std::swap(spare_, other.spare_);
    std::swap(spares_, other.spares_);
    std::swap(bytes_, other.bytes_);
    std::swap(epoch_, other.epoch_);
    std::swap(all_changed_, other.all_changed_);
    std::swap(full_segments_, other.full_segments_);
  }

  Segment** directory_ = none_directory_;
  Segment** current_ = none_directory_;  ///< the directory itself until an epoch begins
  std::size_t directory_mask_ = 0;
  Layout layout_{kFirstSlots};
  std::size_t limit_ = 0;  ///< entries at which a segment splits
  std::size_t size_ = 0;
  std::size_t segments_ = 0;  ///< in the directory and in chains
  Segment* spare_ = nullptr;  ///< empty segments of kSlots slots, linked by `overflow`
  std::size_t spares_ = 0;
  std::size_t bytes_ = 0;  ///< of segments
  unsigned epoch_ = 0;
  bool all_changed_ = true;
  bool full_segments_ = false;  ///< the first segment has kSlots slots at once
};

}  // namespace weir::state::detail
