#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "weir/connectors/nexmark/price.h"
#include "weir/connectors/nexmark/random_words.h"

namespace weir::nexmark {
namespace {

TEST(Price, RunsFromOneHundredToOneHundredMillionCents) {
  EXPECT_EQ(price(0), 100);
  EXPECT_EQ(price(0xffffffff), 100'000'000);
}

TEST(Price, IsTheRoundedPowerWhereverItIsLookedUp) {
  EXPECT_EQ(price(1u << 30), 3'162);
  EXPECT_EQ(price(1u << 31), 100'000);
  EXPECT_EQ(price(3u << 30), 3'162'278);
  EXPECT_EQ(price(0x12345678), 267);

  int one_beside = 0;
  constexpr int kPrices = 1'000'000;
  for (int i = 0; i < kPrices; ++i) {
    const auto u = static_cast<std::uint32_t>(i) * 4'294'967u;
    const std::int64_t exact = std::llround(100 * std::pow(10.0, 6.0 * u / 4'294'967'296.0));
    ASSERT_LE(std::abs(price(u) - exact), 1) << u;
    if (price(u) != exact) ++one_beside;
  }
  EXPECT_LT(one_beside, kPrices / 20);
}

TEST(Price, NeverFallsWhileItsDrawRises) {
  std::int64_t before = 0;
  for (std::uint64_t u = 0; u <= 0xffffffff; u += 4'093) {
    const std::int64_t now = price(static_cast<std::uint32_t>(u));
    ASSERT_GE(now, before) << u;
    before = now;
  }
}

TEST(Price, IsEquallyOftenInEachOfSixDecadesWithTheMedianInTheMiddle) {
  constexpr std::int64_t kPrices = 600'000;
  const RandomWords random(3);
  std::array<int, 6> decades{};
  std::vector<std::int64_t> prices;
  for (std::int64_t id = 0; id < kPrices; ++id) {
    prices.push_back(price(static_cast<std::uint32_t>(random.word(id, 1) >> 32)));
    const int decade = static_cast<int>(std::log10(static_cast<double>(prices.back()) / 100));
    ++decades[static_cast<std::size_t>(std::min(decade, 5))];
  }
  // Prices just below a power of ten are rounded up to it; of 600 000, that is some dozens at most, in the first ones.
  for (const int count : decades) EXPECT_NEAR(count, kPrices / 6, 2'000);
  std::nth_element(prices.begin(), prices.begin() + kPrices / 2, prices.end());
  EXPECT_NEAR(static_cast<double>(prices[kPrices / 2]), 100'000, 3'000);
}

}  // namespace
}  // namespace weir::nexmark
