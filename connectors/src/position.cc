#include "weir/connectors/position.h"

#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "weir/core/error.h"

namespace weir::connectors {

std::string encode_position(const std::vector<std::uint64_t>& numbers) {
  return fmt::format("{}", fmt::join(numbers, ":"));
}

std::vector<std::uint64_t> decode_position(const Split& split, std::size_t count) {
  std::vector<std::uint64_t> numbers(count, 0);
  if (split.position.empty()) return numbers;
  const char* at = split.position.data();
  const char* const end = at + split.position.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto [behind, error] = std::from_chars(at, end, numbers[i]);
    const bool last = i + 1 == count;
    if (error != std::errc() || last != (behind == end) || (!last && *behind != ':'))
      throw CorruptionError(fmt::format("split '{}' has the position '{}', which is not {} number{} between colons",
                                        split.id, split.position, count, count == 1 ? "" : "s"));
    at = last ? behind : behind + 1;
  }
  return numbers;
}

}  // namespace weir::connectors
