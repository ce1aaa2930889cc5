#include "weir/core/detail/key_bytes.h"

#include "weir/core/error.h"

namespace weir::detail {

bool KeyReader::boolean() {
  const auto byte = integer<unsigned char>();
  if (byte > 1) fail("has a bool that is neither 0 nor 1");
  return byte == 1;
}

std::string KeyReader::text() {
  std::string text;
  while (true) {
    const std::size_t nul = bytes_.find('\0', at_);
    if (nul == std::string_view::npos || nul + 1 == bytes_.size()) fail("has a text without an end");
    text.append(bytes_, at_, nul - at_);
    at_ = nul + 2;
    if (bytes_[nul + 1] == kTextEnd[1]) return text;
    if (bytes_[nul + 1] != kNulInText[1]) fail("has an unknown escape in a text");
    text += '\0';
  }
}

void KeyReader::fail(const char* what) const {
  throw CorruptionError("an encoded key of type " + std::string(type_) + " " + what + ", at byte " +
                        std::to_string(at_) + " of " + std::to_string(bytes_.size()));
}

}  // namespace weir::detail
