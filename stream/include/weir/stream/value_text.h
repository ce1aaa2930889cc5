#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "weir/core/time.h"

/// Values as people write them in flags, files and variables.
namespace weir::detail {

template <class T>
concept WrittenInteger =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

template <class T>
concept Written = WrittenInteger<T> || std::same_as<T, double> || std::same_as<T, bool> ||
                  std::same_as<T, std::string> || std::same_as<T, Duration>;

/// Each takes the whole text or nothing.
std::optional<std::int64_t> parse_signed(std::string_view text, std::int64_t least, std::int64_t most);
std::optional<std::uint64_t> parse_unsigned(std::string_view text, std::uint64_t least, std::uint64_t most);
std::optional<double> parse_double(std::string_view text);  ///< finite
std::optional<bool> parse_bool(std::string_view text);      ///< true, false, yes, no, on, off
/// Bytes: 512KB, 256MB, 2GB, or 512KiB, 256MiB, 2GiB; a bare number is in bytes. Nothing if it is none, or too large.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// As parse_size() reads it.
std::string size_text(std::uint64_t bytes);

std::optional<Duration> parse_duration(std::string_view text);  ///< 200ms, 10s, 2m, 1h; a bare number is in ms

/// Whether the text is written as a duration, however long.
bool is_duration(std::string_view text);

/// Exact, in the largest unit that divides it: "1500ms", "10s", "2m".
std::string duration_text(Duration duration);

std::string double_text(double value);

template <Written T>
std::optional<T> parse_value(std::string_view text) {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::same_as<T, bool>) {
    return parse_bool(text);
  } else if constexpr (std::same_as<T, double>) {
    return parse_double(text);
  } else if constexpr (std::same_as<T, std::string>) {
    return std::string(text);
  } else if constexpr (std::same_as<T, Duration>) {
    return parse_duration(text);
  } else if constexpr (std::signed_integral<T>) {
    const auto value = parse_signed(text, Limits::min(), Limits::max());
    return value ? std::optional<T>(static_cast<T>(*value)) : std::nullopt;
  } else {
    const auto value = parse_unsigned(text, Limits::min(), Limits::max());
    return value ? std::optional<T>(static_cast<T>(*value)) : std::nullopt;
  }
}

/// What a text must be to become a T: "a whole number from 0 to 65535".
template <Written T>
std::string expected_value() {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::same_as<T, bool>) {
    return "true or false";
  } else if constexpr (std::same_as<T, double>) {
    return "a number";
  } else if constexpr (std::same_as<T, std::string>) {
    return "text";
  } else if constexpr (std::same_as<T, Duration>) {
    return "a duration such as 200ms, 10s, 2m or 1h";
  } else {
    return "a whole number from " + std::to_string(Limits::min()) + " to " + std::to_string(Limits::max());
  }
}

std::string not_expected(std::string_view text, const std::string& expected);
std::string duration_too_long(std::string_view text);

/// What is wrong with a text that does not parse: "'abc' is not a number".
template <Written T>
std::string problem_with(std::string_view text) {
  if constexpr (std::same_as<T, Duration>) {
    if (is_duration(text)) return duration_too_long(text);
  }
  return not_expected(text, expected_value<T>());
}

/// What stands for the value in a list of flags.
template <Written T>
std::string value_placeholder() {
  if constexpr (std::same_as<T, bool>) {
    return "true|false";
  } else if constexpr (std::same_as<T, std::string>) {
    return "TEXT";
  } else if constexpr (std::same_as<T, Duration>) {
    return "DURATION";
  } else {
    return "NUMBER";
  }
}

/// A text that parses to `value`.
template <Written T>
std::string value_text(const T& value) {
  if constexpr (std::same_as<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::same_as<T, double>) {
    return double_text(value);
  } else if constexpr (std::same_as<T, std::string>) {
    return value;
  } else if constexpr (std::same_as<T, Duration>) {
    return duration_text(value);
  } else {
    return std::to_string(value);
  }
}

}  // namespace weir::detail
