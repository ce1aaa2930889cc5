#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace weir::state::detail {

/// One byte a slot: kEmptyTag, or some bits of the hash of the entry that is there.
using Tag = std::uint8_t;
inline constexpr Tag kEmptyTag = 0;

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
  /// A tag that is not empty has its highest bit set.
  SlotSet taken() const { return bits(_mm_movemask_epi8(tags_)); }
  SlotSet empties() const { return bits(~_mm_movemask_epi8(tags_)); }

 private:
  static SlotSet bits(int mask) { return SlotSet(static_cast<std::uint32_t>(mask) & 0xffff); }

  __m128i tags_;
#else
  explicit TagGroup(const Tag* tags) : tags_(tags) {}

  SlotSet matching(Tag tag) const {
    return where([tag](Tag t) { return t == tag; });
  }
  SlotSet taken() const {
    return where([](Tag t) { return t != kEmptyTag; });
  }
  SlotSet empties() const {
    return where([](Tag t) { return t == kEmptyTag; });
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
