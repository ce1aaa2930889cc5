#pragma once

#include <cstdint>

namespace weir::nexmark {

/// Random words as a function of (seed, event id, index): any event can be made without its predecessors.
///
/// word() is wyrand (Wang Yi, public domain) read at a computed place of its sequence: a counter, multiplied by a
/// masked copy of itself, both halves of the product xored. The counter advances by one odd constant per id and
/// another per index, so that neighbours share no pattern of low bits. Thread-safe: const.
class RandomWords {
 public:
  constexpr explicit RandomWords(std::uint64_t seed) : origin_(scramble(seed)) {}

  constexpr std::uint64_t word(std::int64_t id, std::uint32_t index) const {
    const std::uint64_t counter = origin_ + static_cast<std::uint64_t>(id) * kIdStep + index * kIndexStep;
    const Wide product = static_cast<Wide>(counter) * (counter ^ kMask);
    return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
  }

 private:
  __extension__ using Wide = unsigned __int128;

  static constexpr std::uint64_t kIdStep = 0xa0761d6478bd642f;
  static constexpr std::uint64_t kIndexStep = 0x8ebc6af09c88c6e3;
  static constexpr std::uint64_t kMask = 0xe7037ed1a0b428db;

  // SplitMix64's finalizer: seeds that are close together lead to places that are far apart.
  static constexpr std::uint64_t scramble(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }

  std::uint64_t origin_;
};

/// Maps 32 random bits to a uniform integer in [0, bound). Requires: 0 < bound < 2^32.
constexpr std::int64_t uniform_below(std::uint32_t bits, std::int64_t bound) {
  return static_cast<std::int64_t>((bits * static_cast<std::uint64_t>(bound)) >> 32);
}

}  // namespace weir::nexmark
