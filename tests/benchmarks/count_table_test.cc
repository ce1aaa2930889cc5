#include "benchmarks/baselines/count_table.h"

#include <map>

#include <gtest/gtest.h>

#include "weir/connectors/nexmark/random_words.h"

namespace weir::benchmarks {
namespace {

std::map<std::int64_t, std::int64_t> contents(const CountTable& table) {
  std::map<std::int64_t, std::int64_t> entries;
  table.for_each([&](std::int64_t key, std::int64_t count) { EXPECT_TRUE(entries.emplace(key, count).second) << key; });
  return entries;
}

TEST(CountTable, HoldsWhatAMapHoldsWhileItGrowsAndShrinks) {
  const nexmark::RandomWords random(1);
  std::map<std::int64_t, std::int64_t> expected;
  CountTable table(2);
  for (std::int64_t step = 0; step < 200'000; ++step) {
    const std::uint64_t word = random.word(step, 0);
    // Grows to some thousand keys, then shrinks to few, and again.
    const std::uint64_t add_of_16 = (step / 20'000) % 2 == 0 ? 12 : 4;
    const auto key = static_cast<std::int64_t>(word % 5'000) - 2'500;
    const auto known = expected.find(key);
    if ((word >> 32) % 16 < add_of_16) {
      table.add(key, 2);
      expected[key] += 2;
    } else if (known != expected.end()) {
      const std::int64_t count = (word >> 40) % 2 == 0 ? known->second : 1;
      table.subtract(key, count);
      known->second -= count;
      if (known->second == 0) expected.erase(known);
    }
    ASSERT_EQ(table.size(), expected.size());
    if (step % 10'000 == 0) {
      ASSERT_EQ(contents(table), expected) << step;
    }
  }
  EXPECT_EQ(contents(table), expected);
}

TEST(CountTable, IsEmptyAfterClear) {
  CountTable table;
  table.add(0, 3);
  table.add(-1, 1);
  table.clear();
  EXPECT_EQ(table.size(), 0u);
  EXPECT_TRUE(contents(table).empty());
  table.add(0, 1);
  EXPECT_EQ(contents(table).at(0), 1);
}

}  // namespace
}  // namespace weir::benchmarks
