#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace weir::checkpoint {

/// Bytes as lines of 32, to compare with what a format was when it was written down.
inline std::string to_hex(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    text += fmt::format("{:02x}{}", static_cast<unsigned char>(bytes[i]), i % 32 == 31 ? "\n" : "");
  return text;
}

inline std::string from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '\n') {
      ++i;
      continue;
    }
    bytes += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
    i += 2;
  }
  return bytes;
}

}  // namespace weir::checkpoint
