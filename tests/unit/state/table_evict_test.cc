#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/hash.h"
#include "weir/state/table.h"

namespace weir::state {
namespace {

using Random = std::mt19937_64;

/// What a table wrote, and where it reads it back: a cold store that knows everything at once.
template <class K, class V>
struct Below final : EntryWriter<K, V>, EntryReader<K, V> {
  void put(Timestamp, std::uint64_t, const K& key, const V& value) override { rows[key] = value; }
  void erase(Timestamp, std::uint64_t, const K& key) override { rows.erase(key); }
  bool read(Timestamp, std::uint64_t, const K& key, V& value) override {
    ++reads;
    const auto row = rows.find(key);
    if (row == rows.end()) return false;
    value = row->second;
    return true;
  }
  void came_back(const K&, std::uint64_t) override { ++back; }

  std::map<K, V> rows;
  std::size_t reads = 0;
  std::size_t back = 0;
};

template <class K, class V>
struct Evicting {
  using Tested = Table<K, V>;

  Evicting() {
    table.track(below);
    table.read_from(below);
  }
  void write_down() {
    table.freeze();
    while (!table.drain([] { return false; })) {
    }
  }
  /// One round.
  std::size_t evict() {
    std::size_t evicted = 0;
    while (table.evict(hand, [&](const K&, std::uint64_t) { ++evicted; })) {
    }
    return evicted;
  }

  Below<K, V> below;
  Tested table;
  typename Tested::Hand hand;
};

using Numbers = Evicting<std::uint64_t, std::uint64_t>;

std::uint64_t& value_of(Numbers& numbers, std::uint64_t key) {
  return *numbers.table.find_or_insert(hash_key(key), key).first;
}

TEST(TableEviction, AsksTheColdStoreForNothingBeforeSomethingWasEvicted) {
  Numbers numbers;
  for (std::uint64_t key = 0; key < 5'000; ++key) value_of(numbers, key) = key;
  numbers.write_down();
  for (std::uint64_t key = 4'000; key < 6'000; ++key) value_of(numbers, key) = key;
  EXPECT_EQ(numbers.below.reads, 0U);
}

TEST(TableEviction, LeavesWhatWasUsedSinceTheLastRoundAndWhatHasChanged) {
  Numbers numbers;
  for (std::uint64_t key = 0; key < 5'000; ++key) value_of(numbers, key) = key;
  EXPECT_EQ(numbers.evict(), 0U) << "nothing is written down";
  numbers.write_down();
  EXPECT_EQ(numbers.evict(), 0U) << "all was written down just now";
  for (std::uint64_t key = 0; key < 1'000; ++key) std::as_const(numbers.table).find(hash_key(key), key);
  for (std::uint64_t key = 1'000; key < 2'000; ++key) ++value_of(numbers, key);
  EXPECT_EQ(numbers.evict(), 3'000U);
  EXPECT_EQ(numbers.table.cold_only(), 3'000U);
  EXPECT_EQ(numbers.evict(), 1'000U) << "what was only read goes in the next round";
  EXPECT_EQ(numbers.table.changed(), 1'000U);
  for (std::uint64_t key = 0; key < 5'000; ++key)
    ASSERT_EQ(value_of(numbers, key), key + (key >= 1'000 && key < 2'000 ? 1 : 0));
  EXPECT_EQ(numbers.table.cold_only(), 0U);
}

TEST(TableEviction, GivesMemoryBack) {
  Numbers numbers;
  for (std::uint64_t key = 0; key < 200'000; ++key) value_of(numbers, key) = key;
  numbers.write_down();
  const std::size_t before = numbers.table.memory_bytes();
  // What changes now stays; a tenth of the memory is more than enough for it.
  for (std::uint64_t key = 0; key < 200'000; key += 40) ++value_of(numbers, key);
  numbers.evict();
  EXPECT_EQ(numbers.evict(), 195'000U);
  EXPECT_LT(numbers.table.memory_bytes(), before / 10);
  for (std::uint64_t key = 0; key < 200'000; ++key) ASSERT_EQ(value_of(numbers, key), key + (key % 40 == 0 ? 1 : 0));
  numbers.write_down();
  numbers.evict();
  numbers.evict();
  EXPECT_EQ(numbers.table.size(), 0U);
  EXPECT_LT(numbers.table.memory_bytes(), 100'000U);
}

TEST(TableEviction, MovesNoEntryWhenItReadsForACallerThatDoesNotChangeAny) {
  Numbers numbers;
  for (std::uint64_t key = 0; key < 10'000; ++key) value_of(numbers, key) = key;
  numbers.write_down();
  numbers.evict();
  numbers.evict();
  std::map<std::uint64_t, const std::uint64_t*> found;
  for (std::uint64_t key = 0; key < 10'000; ++key) found[key] = std::as_const(numbers.table).find(hash_key(key), key);
  for (const auto& [key, value] : found) ASSERT_EQ(*value, key);
}

TEST(TableEviction, EndsAnEntryThatItDoesNotHoldWithoutReadingIt) {
  Numbers numbers;
  for (std::uint64_t key = 0; key < 10; ++key) value_of(numbers, key) = key;
  numbers.write_down();
  numbers.evict();
  numbers.evict();
  EXPECT_FALSE(numbers.table.erase_unread(hash_key(std::uint64_t{3}), std::uint64_t{3}));
  EXPECT_EQ(numbers.below.reads, 0U);
  EXPECT_EQ(numbers.below.rows.size(), 9U);
  EXPECT_EQ(numbers.table.cold_only(), 9U);
  EXPECT_TRUE(numbers.table.erase(hash_key(std::uint64_t{4}), std::uint64_t{4}));
  EXPECT_EQ(numbers.below.rows.size(), 8U);
}

/// Hashes that are alike, so that segments overflow.
std::uint64_t alike(std::uint64_t key) { return key % 3 == 0 ? 17 : hash_key(key); }

RC_GTEST_PROP(TableEviction, KeepsEveryEntryInOneOfBothPlaces, (std::uint64_t seed)) {
  Random random(seed);
  Evicting<std::string, std::string> texts;
  std::map<std::string, std::string> model;
  const std::uint64_t keys = 1 + random() % 6'000;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t number = random() % keys;
    const std::string key = std::to_string(number);
    const std::uint64_t hash = alike(number);
    switch (random() % 6) {
      case 0:
        RC_ASSERT(texts.table.erase(hash, key) == (model.erase(key) == 1));
        break;
      case 1: {
        const std::string* found = std::as_const(texts.table).find(hash, key);
        const auto expected = model.find(key);
        RC_ASSERT((found != nullptr) == (expected != model.end()));
        if (found != nullptr) RC_ASSERT(*found == expected->second);
        break;
      }
      default: {
        const auto [value, fresh] = texts.table.find_or_insert(hash, key);
        RC_ASSERT(fresh == model.emplace(key, "").second);
        *value += "x";
        model[key] += "x";
      }
    }
    if (random() % 500 == 0) texts.write_down();
    if (random() % 100 == 0) texts.table.evict(texts.hand, [](const std::string&, std::uint64_t) {});
    if (random() % 3'000 == 0) texts.evict();
    RC_ASSERT(texts.table.size() + texts.table.cold_only() == model.size());
  }
  std::size_t held = 0;
  std::as_const(texts.table).for_each([&](const std::string& key, const std::string& value, std::uint64_t) {
    ++held;
    RC_ASSERT(model.at(key) == value);
  });
  RC_ASSERT(held == texts.table.size());
}

}  // namespace
}  // namespace weir::state
