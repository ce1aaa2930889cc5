#pragma once

#include <charconv>
#include <cstdint>
#include <string>

#include "weir/core/error.h"

namespace weir::tests {

/// The value of a flag of a program of runs. Errors: UsageError when it is no number.
inline std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) throw UsageError("'" + text + "' is not a number");
  return value;
}

}  // namespace weir::tests
