#include "http/range.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace weir::cluster {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

ByteRange byte_range(std::string_view field, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  const ByteRange whole{ByteRange::Kind::kWhole, 0, size};
  const ByteRange beyond{ByteRange::Kind::kBeyond, 0, 0};
  if (!field.starts_with(kUnit)) return whole;
  field.remove_prefix(kUnit.size());
  const std::size_t dash = field.find('-');
  if (dash == std::string_view::npos) return whole;
  const auto first = number(field.substr(0, dash));
  const auto last = number(field.substr(dash + 1));
  if (dash == 0) {
    if (!last) return whole;
    const std::uint64_t count = std::min(*last, size);
    return count == 0 ? beyond : ByteRange{ByteRange::Kind::kPart, size - count, count};
  }
  const bool open_end = dash + 1 == field.size();
  if (!first || (!last && !open_end) || (last && *last < *first)) return whole;
  if (*first >= size) return beyond;
  const std::uint64_t end = open_end ? size : std::min(*last, size - 1) + 1;
  return {ByteRange::Kind::kPart, *first, end - *first};
}

}  // namespace weir::cluster
