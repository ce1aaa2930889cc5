#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "weir/core/arena.h"

namespace weir {

/// Where encoded values are read from.
///
/// Texts are copied into `arena`; reading a weir::Text requires one. Thread: one owner. The bytes must outlive the
/// reader. Errors: every function throws CorruptionError that names the type it was asked for and the offset.
class Reader {
 public:
  explicit Reader(std::string_view bytes, Arena* arena = nullptr)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()), arena_(arena) {}

  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }

  /// The next bytes, and moves on. Valid as long as the bytes given to the reader.
  std::string_view take(std::size_t size, std::string_view type) {
    if (size > remaining()) fail(type, "ends too early");
    const std::string_view taken(at_, size);
    at_ += size;
    return taken;
  }

  /// A number in its fixed width, little-endian.
  template <class Number>
  Number fixed(std::string_view type) {
    Number number;
    std::memcpy(&number, take(sizeof(number), type).data(), sizeof(number));
    return number;
  }

  /// A number as varint, in its shortest form.
  std::uint64_t varint(std::string_view type) {
    if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80) return static_cast<unsigned char>(*at_++);
    return long_varint(type);
  }

  /// A number of elements that take at least `least_bytes` each: not more than can follow. Requires: least_bytes > 0.
  std::size_t count(std::size_t least_bytes, std::string_view type) {
    const std::uint64_t count = varint(type);
    if (count > remaining() / least_bytes) fail(type, "counts more elements than bytes follow");
    return static_cast<std::size_t>(count);
  }

  /// Requires: the reader was given an arena.
  Arena& arena() const;

  /// Throws the CorruptionError: "an encoded value of type <type> <what>, at byte ...".
  [[noreturn]] void fail(std::string_view type, std::string_view what) const;

 private:
  std::uint64_t long_varint(std::string_view type);

  const char* begin_;
  const char* at_;
  const char* end_;
  Arena* arena_;
};

namespace detail {

static_assert(std::endian::native == std::endian::little, "Weir is written for little-endian machines");

template <class Number>
void append_fixed(std::string& out, Number number) {
  char bytes[sizeof(number)];
  std::memcpy(bytes, &number, sizeof(number));
  out.append(bytes, sizeof(bytes));
}

/// Seven bits a byte, the lowest first, the high bit set in all but the last.
inline void append_varint(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(number | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

}  // namespace detail

}  // namespace weir
