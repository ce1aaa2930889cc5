#pragma once

#include <chrono>
#include <cstdint>

namespace weir::sim {

/// The seeded source of choices in a world: one seed gives the same numbers on every machine (SplitMix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  /// One of 0, 1, ... n - 1. Requires: n > 0.
  std::uint64_t below(std::uint64_t n) {
    if (n <= 0xffffffffULL) return ((next() >> 32) * n) >> 32;
    return next() % n;
  }

  /// Requires: from <= to, both included.
  std::uint64_t between(std::uint64_t from, std::uint64_t to) { return from + below(to - from + 1); }
  std::chrono::nanoseconds between(std::chrono::nanoseconds from, std::chrono::nanoseconds to) {
    return from + std::chrono::nanoseconds(below(static_cast<std::uint64_t>((to - from).count()) + 1));
  }

  /// True once in `n` draws; 0 means never.
  bool one_in(std::uint64_t n) { return n != 0 && below(n) == 0; }

  /// True with a probability of `p` in [0, 1].
  bool chance(double p) { return static_cast<double>(next() >> 11) * 0x1.0p-53 < p; }

  /// A source of its own: what is drawn from it does not shift what is drawn here.
  Random fork() { return Random(next()); }

 private:
  std::uint64_t state_;
};

}  // namespace weir::sim
