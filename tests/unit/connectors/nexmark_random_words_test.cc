#include <array>
#include <bit>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "weir/connectors/nexmark/random_words.h"

namespace weir::nexmark {
namespace {

TEST(RandomWords, AreTheSameOnEveryMachine) {
  EXPECT_EQ(RandomWords(42).word(0, 0), 0xf5cce749520c678du);
  EXPECT_EQ(RandomWords(42).word(1, 0), 0x57ce9f0fb367a6dau);
  EXPECT_EQ(RandomWords(42).word(0, 1), 0x2c3001b530fa119au);
  EXPECT_EQ(RandomWords(42).word(123'456'789, 7), 0xe475cdc7f927c6bau);
}

TEST(RandomWords, DifferForNeighbouringSeedsIdsAndIndices) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (std::int64_t id = 0; id < 100; ++id)
      for (std::uint32_t index = 0; index < 100; ++index) seen.insert(RandomWords(seed).word(id, index));
  EXPECT_EQ(seen.size(), 20u * 100u * 100u);
}

TEST(RandomWords, FlipEveryBitHalfOfTheTimeFromOneIdToTheNext) {
  constexpr int kWords = 100'000;
  const RandomWords random(1);
  std::array<int, 64> flips{};
  for (std::int64_t id = 0; id < kWords; ++id) {
    const std::uint64_t changed = random.word(id, 0) ^ random.word(id + 1, 0);
    for (std::size_t bit = 0; bit < 64; ++bit) flips[bit] += static_cast<int>((changed >> bit) & 1);
  }
  for (const int count : flips) EXPECT_NEAR(count, kWords / 2, 5 * std::sqrt(kWords / 4.0));
}

TEST(RandomWords, SpreadPairsOfSuccessiveWordsEvenly) {
  constexpr int kCells = 16 * 16;
  constexpr int kPerCell = 400;
  const RandomWords random(7);
  std::array<int, kCells> counts{};
  for (std::int64_t id = 0; id < kCells * kPerCell; ++id)
    ++counts[(random.word(id, 0) >> 60) * 16 + (random.word(id + 1, 0) >> 60)];
  double chi_squared = 0;
  for (const int count : counts) chi_squared += std::pow(count - kPerCell, 2) / kPerCell;
  // 255 degrees of freedom: mean 255, standard deviation 22.6.
  EXPECT_LT(chi_squared, 255 + 5 * 22.6);
  EXPECT_GT(chi_squared, 255 - 5 * 22.6);
}

TEST(UniformBelow, ReachesBothEndsAndStaysBelowItsBound) {
  EXPECT_EQ(uniform_below(0, 10), 0);
  EXPECT_EQ(uniform_below(0xffffffff, 10), 9);
  EXPECT_EQ(uniform_below(0x80000000, 10), 5);
  EXPECT_EQ(uniform_below(0xffffffff, 1), 0);
}

}  // namespace
}  // namespace weir::nexmark
