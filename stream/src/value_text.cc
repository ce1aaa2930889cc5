#include "weir/stream/value_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace weir::detail {

namespace {

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stopped == end ? std::optional<T>(value) : std::nullopt;
}

struct Unit {
  std::string_view name;
  std::int64_t ms;
};

// "ms" before "s" and "m": the first suffix that fits is taken.
constexpr std::array kUnits{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000}, Unit{"h", 3'600'000}};

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr std::array kSizeUnits{SizeUnit{"KiB", std::uint64_t{1} << 10},
                                SizeUnit{"MiB", std::uint64_t{1} << 20},
                                SizeUnit{"GiB", std::uint64_t{1} << 30},
                                SizeUnit{"KB", 1'000},
                                SizeUnit{"MB", 1'000'000},
                                SizeUnit{"GB", 1'000'000'000}};

/// Takes the unit off the end; without one it is a millisecond. In ms.
std::int64_t take_unit(std::string_view& text) {
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    text.remove_suffix(unit.name.size());
    return unit.ms;
  }
  return 1;
}

}  // namespace

std::optional<std::int64_t> parse_signed(std::string_view text, std::int64_t least, std::int64_t most) {
  const auto value = parse_number<std::int64_t>(text);
  return value && *value >= least && *value <= most ? value : std::nullopt;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto value = parse_number<std::uint64_t>(text);
  return value && *value >= least && *value <= most ? value : std::nullopt;
}

std::optional<double> parse_double(std::string_view text) {
  const auto value = parse_number<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<bool> parse_bool(std::string_view text) {
  if (text == "true" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "no" || text == "off") return false;
  return std::nullopt;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t unit = 1;
  for (const SizeUnit& known : kSizeUnits) {
    if (!text.ends_with(known.name)) continue;
    text.remove_suffix(known.name.size());
    unit = known.bytes;
    break;
  }
  const auto count = parse_unsigned(text, 0, std::numeric_limits<std::uint64_t>::max() / unit);
  return count ? std::optional(*count * unit) : std::nullopt;
}

std::string size_text(std::uint64_t bytes) {
  for (auto unit = kSizeUnits.rbegin(); unit != kSizeUnits.rend(); ++unit)
    if (bytes >= unit->bytes && bytes % unit->bytes == 0) return fmt::format("{}{}", bytes / unit->bytes, unit->name);
  return fmt::format("{}", bytes);
}

std::optional<Duration> parse_duration(std::string_view text) {
  const std::int64_t unit = take_unit(text);
  const std::int64_t most = to_ms(kMaxTimestamp) / unit;
  const auto count = parse_signed(text, -most, most);
  return count ? std::optional(Duration(*count * unit)) : std::nullopt;
}

bool is_duration(std::string_view text) {
  take_unit(text);
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string not_expected(std::string_view text, const std::string& expected) {
  return fmt::format("'{}' is not {}", text, expected);
}

std::string duration_too_long(std::string_view text) {
  return fmt::format("{} is out of range: a duration has at most {}h", text, to_ms(kMaxTimestamp) / kUnits.back().ms);
}

std::string duration_text(Duration duration) {
  if (duration.count() == 0) return "0s";
  for (auto unit = kUnits.rbegin(); unit != kUnits.rend(); ++unit)
    if (duration.count() % unit->ms == 0) return fmt::format("{}{}", duration.count() / unit->ms, unit->name);
  return "";
}

std::string double_text(double value) { return fmt::format("{}", value); }

}  // namespace weir::detail
