#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace weir::state::detail {

/// One byte a slot: kEmptyTag, or seven bits of the hash of the entry that is there and whether it changed in the epoch
/// of its segment: kChangedTag, so that a search for an entry that has changed already costs nothing more.
using Tag = std::uint8_t;
inline constexpr Tag kEmptyTag = 0;
inline constexpr Tag kChangedTag = 0x80;

/// Of an entry that did not change; never kEmptyTag. `changed` is the tag that it would have.
constexpr Tag unchanged_tag(Tag changed) {
  const Tag bits = changed & static_cast<Tag>(~kChangedTag);
  return bits == kEmptyTag ? Tag{1} : bits;
}

/// Slots are looked at in groups of this many.
inline constexpr std::size_t kGroupSlots = 16;

/// Some slots of a group, lowest first.
class SlotSet {
 public:
  explicit SlotSet(std::uint32_t bits) : bits_(bits) {}
  bool empty() const { return bits_ == 0; }
  /// Requires: not empty.
  std::size_t first() const { return static_cast<std::size_t>(std::countr_zero(bits_)); }
  void drop_first() { bits_ &= bits_ - 1; }
  std::uint32_t bits() const { return bits_; }
  /// Forgets the slots below `slot`.
  void drop_below(std::size_t slot) { bits_ &= ~std::uint32_t{0} << slot; }

 private:
  std::uint32_t bits_;
};

/// The tags of a group, compared at once.
class TagGroup {
 public:
#ifdef __SSE2__
  /// Requires: `tags` is aligned to kGroupSlots.
  explicit TagGroup(const Tag* tags) : tags_(_mm_load_si128(reinterpret_cast<const __m128i*>(tags))) {}

  SlotSet matching(Tag tag) const {
    return bits(_mm_movemask_epi8(_mm_cmpeq_epi8(tags_, _mm_set1_epi8(static_cast<char>(tag)))));
  }
  /// Those that have one of two tags.
  SlotSet matching(Tag a, Tag b) const {
    const __m128i equal = _mm_or_si128(_mm_cmpeq_epi8(tags_, _mm_set1_epi8(static_cast<char>(a))),
                                       _mm_cmpeq_epi8(tags_, _mm_set1_epi8(static_cast<char>(b))));
    return bits(_mm_movemask_epi8(equal));
  }
  SlotSet taken() const { return bits(~empty_mask()); }
  SlotSet empties() const { return bits(empty_mask()); }
  SlotSet changed() const { return bits(_mm_movemask_epi8(tags_)); }

 private:
  static SlotSet bits(int mask) { return SlotSet(static_cast<std::uint32_t>(mask) & 0xffff); }
  int empty_mask() const { return _mm_movemask_epi8(_mm_cmpeq_epi8(tags_, _mm_setzero_si128())); }

  __m128i tags_;
#else
  explicit TagGroup(const Tag* tags) : tags_(tags) {}

  SlotSet matching(Tag tag) const {
    return where([tag](Tag t) { return t == tag; });
  }
  SlotSet matching(Tag a, Tag b) const {
    return where([a, b](Tag t) { return t == a || t == b; });
  }
  SlotSet taken() const {
    return where([](Tag t) { return t != kEmptyTag; });
  }
  SlotSet empties() const {
    return where([](Tag t) { return t == kEmptyTag; });
  }
  SlotSet changed() const {
    return where([](Tag t) { return (t & kChangedTag) != 0; });
  }

 private:
  template <class Condition>
  SlotSet where(Condition condition) const {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < kGroupSlots; ++i) bits |= std::uint32_t{condition(tags_[i])} << i;
    return SlotSet(bits);
  }

  const Tag* tags_;
#endif
};

}  // namespace weir::state::detail
