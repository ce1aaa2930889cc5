#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace weir::detail {

static_assert(std::endian::native == std::endian::little, "Weir is written for little-endian machines");

template <class Int>
inline constexpr bool kSignedKey = std::is_signed_v<Int> && !std::is_same_v<Int, char>;  // a char counts as unsigned

template <class Bits>
constexpr Bits reverse_bytes(Bits bits) {
  if constexpr (sizeof(Bits) == 1) return bits;
  if constexpr (sizeof(Bits) == 2) return __builtin_bswap16(bits);
  if constexpr (sizeof(Bits) == 4) return __builtin_bswap32(bits);
  if constexpr (sizeof(Bits) == 8) return __builtin_bswap64(bits);
}

/// The bits of an integer whose bytes in memory sort as the integers do: big-endian, the sign bit flipped.
template <class Int>
constexpr auto to_key_bits(Int value) {
  using Bits = std::make_unsigned_t<Int>;
  Bits bits = static_cast<Bits>(value);
  if constexpr (kSignedKey<Int>) bits = static_cast<Bits>(bits ^ (Bits{1} << (8 * sizeof(Bits) - 1)));
  return reverse_bytes(bits);
}

template <class Int>
constexpr Int from_key_bits(std::make_unsigned_t<Int> bits) {
  using Bits = std::make_unsigned_t<Int>;
  bits = reverse_bytes(bits);
  if constexpr (kSignedKey<Int>) bits = static_cast<Bits>(bits ^ (Bits{1} << (8 * sizeof(Bits) - 1)));
  return static_cast<Int>(bits);
}

// A text ends with 00 00, and a NUL inside it is written as 00 FF: no encoding is the beginning of another, and they
// sort as the texts do.
inline constexpr char kTextEnd[2] = {'\0', '\0'};
inline constexpr char kNulInText[2] = {'\0', '\xFF'};

/// Writes a text to anything with append(pointer, size).
template <class Out>
void append_key_text(std::string_view text, Out& out) {
  while (!text.empty()) {
    const auto* nul = static_cast<const char*>(std::memchr(text.data(), '\0', text.size()));
    if (nul == nullptr) {
      out.append(text.data(), text.size());
      break;
    }
    const auto before = static_cast<std::size_t>(nul - text.data());
    out.append(text.data(), before);
    out.append(kNulInText, 2);
    text.remove_prefix(before + 1);
  }
  out.append(kTextEnd, 2);
}

/// Where an encoded key is read. Errors: CorruptionError that names the type of the key and the offset.
class KeyReader {
 public:
  KeyReader(std::string_view bytes, std::string_view type) : bytes_(bytes), type_(type) {}

  template <class Int>
  Int integer() {
    std::make_unsigned_t<Int> bits;
    if (bytes_.size() - at_ < sizeof(bits)) fail("ends too early");
    std::memcpy(&bits, bytes_.data() + at_, sizeof(bits));
    at_ += sizeof(bits);
    return from_key_bits<Int>(bits);
  }
  bool boolean();
  std::string text();

  std::string_view rest() const { return bytes_.substr(at_); }

 private:
  [[noreturn]] void fail(const char* what) const;

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::string_view type_;
};

}  // namespace weir::detail
