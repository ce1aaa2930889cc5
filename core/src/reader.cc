#include "weir/core/reader.h"

#include "weir/core/check.h"
#include "weir/core/error.h"

namespace weir {

std::uint64_t Reader::long_varint(std::string_view type) {
  std::uint64_t number = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const auto byte = fixed<unsigned char>(type);
    if (shift == 63 && byte > 1) break;
    if (shift > 0 && byte == 0) fail(type, "has a number that is not in its shortest form");
    number |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return number;
  }
  fail(type, "has a number of more than 64 bits");
}

Arena& Reader::arena() const {
  WEIR_CHECK(arena_ != nullptr);
  return *arena_;
}

void Reader::fail(std::string_view type, std::string_view what) const {
  throw CorruptionError("an encoded value of type " + std::string(type) + " " + std::string(what) + ", at byte " +
                        std::to_string(offset()) + " of " + std::to_string(offset() + remaining()));
}

}  // namespace weir
