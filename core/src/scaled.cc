#include "weir/core/scaled.h"

#include <array>
#include <cstddef>

#include <fmt/format.h>

namespace weir {

std::string scaled(std::uint64_t count) {
  if (count < 1000) return std::to_string(count);
  constexpr std::array kUnits{"k", "M", "G", "T", "P", "E"};
  double value = static_cast<double>(count);
  std::size_t unit = 0;
  for (value /= 1000; value >= 999.5 && unit + 1 < kUnits.size(); value /= 1000) ++unit;
  const double tenths = static_cast<double>(static_cast<std::uint64_t>(value * 10 + 0.5)) / 10;
  return tenths < 100 ? fmt::format("{:g} {}", tenths, kUnits[unit]) : fmt::format("{:.0f} {}", value, kUnits[unit]);
}

std::string scaled_bytes(std::uint64_t bytes) {
  return bytes < 1000 ? fmt::format("{} B", bytes) : scaled(bytes) + "B";
}

}  // namespace weir
