#pragma once

#include <sstream>
#include <string>

namespace weir::detail {

/// Prints the message with its place to standard error and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line, const std::string& values);

template <class... Values>
std::string check_values(const Values&... values) {
  std::ostringstream text;
  ((text << ' ' << values), ...);
  return text.str();
}

}  // namespace weir::detail

/// Weir's own invariants, on in release builds too. Further arguments are printed when it breaks.
#define WEIR_CHECK(condition, ...) \
  (static_cast<bool>(condition)    \
       ? void(0)                   \
       : ::weir::detail::check_failed(#condition, __FILE__, __LINE__, ::weir::detail::check_values(__VA_ARGS__)))
