#pragma once

#include <array>
#include <cstdint>

namespace weir::nexmark {

namespace detail {

/// Powers for price(): 32 bits of exponent are looked up eight and eight, the last sixteen interpolated.
struct PriceTable {
  std::array<std::uint64_t, 256> coarse;  ///< 100 * 10^(6 i / 2^8), times 2^36
  std::array<std::uint64_t, 257> fine;    ///< 10^(6 i / 2^16), times 2^58
};

extern const PriceTable kPriceTable;

}  // namespace detail

/// A price in cents: 100 * 10^(6 u / 2^32), rounded; sometimes one cent beside that near the upper end.
///
/// For uniform u prices are spread evenly over six decades, from 100 to 100 000 000. Integers only, so that every
/// compiler and processor makes the same price.
inline std::int64_t price(std::uint32_t u) {
  __extension__ using Wide = unsigned __int128;
  const std::uint64_t* fine = &detail::kPriceTable.fine[(u >> 16) & 0xff];
  const std::uint64_t factor = fine[0] + (((fine[1] - fine[0]) * (u & 0xffff)) >> 16);
  const Wide product = static_cast<Wide>(detail::kPriceTable.coarse[u >> 24]) * factor;
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 29;
  return static_cast<std::int64_t>((static_cast<std::uint64_t>(product >> 64) + kHalf) >> 30);
}

}  // namespace weir::nexmark
