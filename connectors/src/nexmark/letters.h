#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "weir/connectors/nexmark/random_words.h"

namespace weir::nexmark {

/// The random words of one event, one after the other.
class WordStream {
 public:
  WordStream(const RandomWords& random, std::int64_t id, std::uint32_t index = 0)
      : random_(&random), id_(id), index_(index) {}

  std::uint64_t next() { return random_->word(id_, index_++); }

  /// Uniform in [0, bound). Requires: 0 < bound < 2^32.
  std::int64_t below(std::int64_t bound) { return uniform_below(static_cast<std::uint32_t>(next() >> 32), bound); }

 private:
  const RandomWords* random_;
  std::int64_t id_;
  std::uint32_t index_;
};

/// Eight letters a-z of one random word: each quarter of it, as a fraction, gives two digits to the base 26.
inline std::uint64_t eight_letters(std::uint64_t word) {
  static_assert(std::endian::native == std::endian::little, "the first letter is the lowest byte");
  constexpr std::uint64_t kQuarters = 0x0000ffff0000ffff;
  constexpr std::uint64_t kDigits = 0x0000001f0000001f;
  const std::uint64_t even = (word & kQuarters) * 26;
  const std::uint64_t odd = ((word >> 16) & kQuarters) * 26;
  const std::uint64_t even_first = (even >> 16) & kDigits;
  const std::uint64_t odd_first = (odd >> 16) & kDigits;
  const std::uint64_t even_second = (((even & kQuarters) * 26) >> 16) & kDigits;
  const std::uint64_t odd_second = (((odd & kQuarters) * 26) >> 16) & kDigits;
  return (even_first | even_second << 8 | odd_first << 16 | odd_second << 24) + 0x6161616161616161;
}

/// Writes `n` random letters. Requires: room for n rounded up to a multiple of 8.
inline void write_letters(WordStream& words, char* out, std::int64_t n) {
  for (std::int64_t i = 0; i < n; i += 8) {
    const std::uint64_t letters = eight_letters(words.next());
    std::memcpy(out + i, &letters, sizeof letters);
  }
}

}  // namespace weir::nexmark
