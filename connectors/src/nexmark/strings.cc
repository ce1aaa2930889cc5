#include "nexmark/strings.h"

namespace weir::nexmark {

std::string random_string(WordStream& words, std::int64_t max, char special) {
  constexpr std::int64_t kShortest = 3;
  const std::int64_t length = kShortest + words.below(max - kShortest);
  std::string text;
  std::uint64_t word = 0;
  for (std::int64_t i = 0; i < length; ++i) {
    if (i % 2 == 0) word = words.next();
    const auto half = static_cast<std::uint32_t>(word);
    word >>= 32;
    // One draw of 13 * 26: the thirteenth part that stands for the special character, or a letter.
    const std::int64_t draw = uniform_below(half, 13 * 26);
    text.push_back(draw < 26 ? special : static_cast<char>('a' + draw % 26));
  }
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

PaddingLength::PaddingLength(std::size_t size, std::size_t average) {
  if (size >= average) return;
  const auto missing = static_cast<std::int64_t>(average - size);
  const std::int64_t fifth = (missing * 2 + 5) / 10;
  least = missing - fifth;
  spread = 2 * fifth;
}

std::string padding(WordStream& words, std::size_t size, std::size_t average) {
  const PaddingLength length(size, average);
  const std::int64_t n = length.least + (length.spread == 0 ? 0 : words.below(length.spread));
  std::string text(static_cast<std::size_t>(n + 7) / 8 * 8, '\0');
  write_letters(words, text.data(), n);
  text.resize(static_cast<std::size_t>(n));
  return text;
}

}  // namespace weir::nexmark
