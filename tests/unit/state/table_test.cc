#include "weir/state/table.h"

#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

#include "weir/core/text.h"

namespace weir::state {
namespace {

/// A good mixer (the finalizer of SplitMix64).
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

using Counts = Table<std::uint64_t, std::int64_t>;
using Model = std::unordered_map<std::uint64_t, std::int64_t>;
using Hash = std::uint64_t (*)(std::uint64_t);

void expect_same(const Counts& table, const Model& model, Hash hash) {
  ASSERT_EQ(table.size(), model.size());
  std::unordered_set<std::uint64_t> seen;
  table.for_each([&](const std::uint64_t& key, const std::int64_t& value, std::uint64_t h) {
    EXPECT_TRUE(seen.insert(key).second) << "key " << key << " was met twice";
    const auto found = model.find(key);
    ASSERT_NE(found, model.end()) << "key " << key << " should not exist";
    EXPECT_EQ(found->second, value);
    EXPECT_EQ(hash(key), h);
  });
  EXPECT_EQ(seen.size(), model.size());
  for (const auto& [key, value] : model) {
    const std::int64_t* found = table.find(hash(key), key);
    ASSERT_NE(found, nullptr) << "key " << key << " is lost";
    EXPECT_EQ(*found, value);
  }
}

/// Random operations on a table and on std::unordered_map, which must agree on every answer.
void play(std::uint64_t seed, Hash hash, std::size_t operations, std::uint64_t keys, unsigned erase_percent) {
  std::mt19937_64 random(seed);
  Counts table;
  Model model;
  for (std::size_t i = 0; i < operations; ++i) {
    const std::uint64_t key = random() % keys;
    const unsigned dice = static_cast<unsigned>(random() % 100);
    if (dice < erase_percent) {
      ASSERT_EQ(table.erase(hash(key), key), model.erase(key) == 1);
    } else if (dice < erase_percent + 10) {
      const std::int64_t* found = table.find(hash(key), key);
      const auto expected = model.find(key);
      ASSERT_EQ(found != nullptr, expected != model.end());
      if (found != nullptr) {
        ASSERT_EQ(*found, expected->second);
      }
    } else {
      const auto [value, inserted] = table.find_or_insert(hash(key), key);
      const auto [expected, expected_inserted] = model.try_emplace(key, 0);
      ASSERT_EQ(inserted, expected_inserted);
      ASSERT_EQ(*value, expected->second);
      *value += static_cast<std::int64_t>(i);
      expected->second += static_cast<std::int64_t>(i);
    }
    if (random() % (operations / 4) == 0) {
      table.clear();
      model.clear();
    }
  }
  expect_same(table, model, hash);
}

TEST(Table, AgreesWithAnOrdinaryMapOverMillionsOfRandomOperations) {
  play(1, mix, 1'000'000, 50, 30);
  play(2, mix, 1'000'000, 3'000, 40);
  play(3, mix, 2'000'000, 300'000, 20);
}

TEST(Table, AgreesWithAnOrdinaryMapWhenHashesShareTheirLowBits) {
  play(4, [](std::uint64_t key) { return key << 32 | 0x12345678; }, 300'000, 3'000, 40);
  play(5, [](std::uint64_t key) { return mix(key) << 12; }, 500'000, 20'000, 30);
  play(6, [](std::uint64_t key) { return mix(key) & 0xff; }, 200'000, 3'000, 40);
  play(7, [](std::uint64_t) { return std::uint64_t{0}; }, 100'000, 2'500, 40);
  play(8, [](std::uint64_t) { return ~std::uint64_t{0}; }, 100'000, 2'500, 45);
}

TEST(Table, IsEmptyAtFirstAndHoldsNoMemory) {
  Counts table;
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.memory_bytes(), 0U);
  EXPECT_EQ(table.find(7, std::uint64_t{7}), nullptr);
  EXPECT_FALSE(table.erase(7, std::uint64_t{7}));
  Counts::Cursor cursor = table.begin();
  Counts::Entry entry;
  EXPECT_FALSE(table.next(cursor, entry));
}

TEST(Table, IsTheSameAfterPrefetchingKeysThatAreThereAndKeysThatAreNot) {
  Counts table;
  Model model;
  for (std::uint64_t key = 0; key < 5'000; ++key) {
    const std::size_t bytes = table.memory_bytes();
    for (const std::uint64_t other : {key / 2, key, key + 10'000}) {
      table.prefetch(mix(other));
      table.prefetch_value(mix(other));
    }
    ASSERT_EQ(table.memory_bytes(), bytes);
    const auto [value, fresh] = table.find_or_insert(mix(key), key);
    ASSERT_TRUE(fresh) << "key " << key;
    model[key] = *value = static_cast<std::int64_t>(key);
  }
  expect_same(table, model, mix);
}

TEST(Table, FindsEveryKeyAfterGrowingToAMillion) {
  Counts table;
  for (std::uint64_t key = 0; key < 1'000'000; ++key)
    *table.find_or_insert(mix(key), key).first = static_cast<std::int64_t>(key);
  EXPECT_EQ(table.size(), 1'000'000U);
  for (std::uint64_t key = 0; key < 1'000'000; ++key) {
    const std::int64_t* value = table.find(mix(key), key);
    ASSERT_NE(value, nullptr);
    ASSERT_EQ(*value, static_cast<std::int64_t>(key));
  }
  for (std::uint64_t key = 1'000'000; key < 1'100'000; ++key) ASSERT_EQ(table.find(mix(key), key), nullptr);
  EXPECT_LE(table.memory_bytes(), 1'000'000U * 80);
}

TEST(Table, KeepsItsMemoryInProportionToItsKeysWhenHashesAreAlike) {
  Counts table;
  constexpr std::uint64_t kKeys = 20'000;
  for (std::uint64_t key = 0; key < kKeys; ++key) table.find_or_insert(key << 32 | 0xabcdef, key);
  EXPECT_EQ(table.size(), kKeys);
  EXPECT_LE(table.memory_bytes(), kKeys * 60);
}

TEST(Table, SplitsAgainAfterHashesThatWereAlikeWereErased) {
  Counts table;
  for (std::uint64_t key = 0; key < 4'000; ++key) table.find_or_insert(1, key);
  for (std::uint64_t key = 0; key < 4'000; ++key) ASSERT_TRUE(table.erase(1, key));
  EXPECT_TRUE(table.empty());
  for (std::uint64_t key = 0; key < 100'000; ++key) table.find_or_insert(mix(key), key);
  EXPECT_EQ(table.size(), 100'000U);
  for (std::uint64_t key = 0; key < 100'000; ++key) ASSERT_NE(table.find(mix(key), key), nullptr);
}

TEST(Table, GivesEveryHashBackAsItWas) {
  Counts table;
  const std::vector<std::uint64_t> hashes = {0, 1, 0x80, std::uint64_t{1} << 63, ~std::uint64_t{0}};
  for (const std::uint64_t hash : hashes) table.find_or_insert(hash, hash);
  EXPECT_EQ(table.size(), hashes.size());
  table.for_each([](std::uint64_t key, auto&, std::uint64_t hash) { EXPECT_EQ(hash, key); });
}

TEST(Table, WalksOnFromWhereACursorStopped) {
  for (const Hash hash : {Hash{mix}, Hash{[](std::uint64_t) { return std::uint64_t{3}; }}}) {
    Counts table;
    constexpr std::uint64_t kKeys = 5'000;
    for (std::uint64_t key = 0; key < kKeys; ++key) table.find_or_insert(hash(key), key);
    std::set<std::uint64_t> seen;
    Counts::Cursor cursor = table.begin();
    Counts::Entry entry;
    bool more = true;
    while (more) {
      for (int i = 0; i < 7 && (more = table.next(cursor, entry)); ++i) {
        EXPECT_TRUE(seen.insert(*entry.key).second);
        EXPECT_EQ(entry.hash, hash(*entry.key));
        *entry.value = static_cast<std::int64_t>(*entry.key) * 2;
      }
      EXPECT_NE(table.find(hash(0), std::uint64_t{0}), nullptr);
    }
    EXPECT_EQ(seen.size(), kKeys);
    EXPECT_FALSE(table.next(cursor, entry));
    const Counts& reader = table;
    Counts::Cursor again = reader.begin();
    Counts::ConstEntry read;
    std::size_t count = 0;
    for (; reader.next(again, read); ++count) EXPECT_EQ(*read.value, static_cast<std::int64_t>(*read.key) * 2);
    EXPECT_EQ(count, kKeys);
  }
}

TEST(Table, LooksStringKeysUpByViewAndText) {
  Table<std::string, int> table;
  const std::hash<std::string_view> hash;
  const std::string_view longer = "a word that does not fit into the string itself";
  *table.find_or_insert(hash(longer), longer).first = 1;
  *table.find_or_insert(hash("short"), Text("short")).first = 2;
  EXPECT_EQ(*table.find(hash(longer), Text(longer)), 1);
  EXPECT_EQ(*table.find(hash("short"), std::string("short")), 2);
  EXPECT_FALSE(table.find_or_insert(hash(longer), Text(longer)).second);
  EXPECT_TRUE(table.erase(hash("short"), std::string_view("short")));
  EXPECT_EQ(table.find(hash("short"), std::string_view("short")), nullptr);
  EXPECT_EQ(table.size(), 1U);
}

TEST(Table, HoldsValuesThatOnlyMove) {
  Table<std::uint64_t, std::unique_ptr<std::uint64_t>> table;
  for (std::uint64_t key = 0; key < 10'000; ++key) {
    auto [value, inserted] = table.find_or_insert(mix(key), key);
    ASSERT_EQ(*value, nullptr);
    *value = std::make_unique<std::uint64_t>(key);
  }
  for (std::uint64_t key = 0; key < 10'000; key += 2) ASSERT_TRUE(table.erase(mix(key), key));
  auto moved = std::move(table);
  EXPECT_EQ(moved.size(), 5'000U);
  for (std::uint64_t key = 1; key < 10'000; key += 2) ASSERT_EQ(**moved.find(mix(key), key), key);
}

TEST(Table, LeavesAnEmptyTableBehindWhenItIsMoved) {
  Counts table;
  *table.find_or_insert(9, std::uint64_t{9}).first = 90;
  Counts other = std::move(table);
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.find(9, std::uint64_t{9}), nullptr);
  *table.find_or_insert(9, std::uint64_t{9}).first = 91;
  EXPECT_EQ(*other.find(9, std::uint64_t{9}), 90);
  other = std::move(table);
  EXPECT_EQ(*other.find(9, std::uint64_t{9}), 91);
}

/// Counts how many of it live.
struct Counted {
  static inline int alive = 0;
  std::uint64_t id = 0;
  Counted() { ++alive; }
  explicit Counted(std::uint64_t with) : id(with) { ++alive; }
  Counted(Counted&& other) noexcept : id(other.id) { ++alive; }
  Counted(const Counted&) = delete;
  ~Counted() { --alive; }
  friend bool operator==(const Counted& a, std::uint64_t b) { return a.id == b; }
};

TEST(Table, DestroysEveryKeyAndValueOnce) {
  Counted::alive = 0;
  {
    Table<Counted, Counted> table;
    for (std::uint64_t key = 0; key < 20'000; ++key) table.find_or_insert(mix(key), key);
    EXPECT_EQ(Counted::alive, 40'000);
    for (std::uint64_t key = 0; key < 10'000; ++key) table.erase(mix(key), key);
    EXPECT_EQ(Counted::alive, 20'000);
    table.clear();
    EXPECT_EQ(Counted::alive, 0);
    for (std::uint64_t key = 0; key < 3'000; ++key) table.find_or_insert(5, key);
    EXPECT_EQ(Counted::alive, 6'000);
    table.clear();
    EXPECT_EQ(Counted::alive, 0);
    for (std::uint64_t key = 0; key < 3'000; ++key) table.find_or_insert(5, key);
    Table<Counted, Counted> other;
    other.find_or_insert(1, 1U);
    other = std::move(table);
    EXPECT_EQ(Counted::alive, 6'000);
  }
  EXPECT_EQ(Counted::alive, 0);
}

/// Cannot be made while `refuse` is set.
struct Refusing {
  static inline bool refuse = false;
  Refusing() {
    if (refuse) throw std::runtime_error("refused");
  }
};

TEST(Table, IsUnchangedWhenAValueCannotBeMade) {
  Table<std::string, Refusing> table;
  Refusing::refuse = false;
  for (std::uint64_t key = 0; key < 2'000; ++key) table.find_or_insert(mix(key), std::to_string(key));
  Refusing::refuse = true;
  for (std::uint64_t key = 2'000; key < 3'000; ++key) {
    ASSERT_THROW(table.find_or_insert(mix(key), std::to_string(key)), std::runtime_error);
    ASSERT_EQ(table.find(mix(key), std::to_string(key)), nullptr);
  }
  Refusing::refuse = false;
  EXPECT_EQ(table.size(), 2'000U);
  for (std::uint64_t key = 0; key < 2'000; ++key) ASSERT_NE(table.find(mix(key), std::to_string(key)), nullptr);
}

TEST(Table, IsUnchangedWhenTheFirstValueInOverflowCannotBeMade) {
  Table<std::uint64_t, Refusing> table;
  Refusing::refuse = false;
  constexpr std::uint64_t kKeys = 3'100;
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    Refusing::refuse = true;
    ASSERT_THROW(table.find_or_insert(3, key), std::runtime_error);
    Refusing::refuse = false;
    if (key > 0) {
      ASSERT_TRUE(table.erase(3, key - 1));
      ASSERT_TRUE(table.find_or_insert(3, key - 1).second);
    }
    ASSERT_TRUE(table.find_or_insert(3, key).second);
  }
  EXPECT_EQ(table.size(), kKeys);
  for (std::uint64_t key = 0; key < kKeys; ++key) ASSERT_TRUE(table.erase(3, key));
  EXPECT_TRUE(table.empty());
}

TEST(Table, AlignsKeysAndValues) {
  struct alignas(128) Wide {
    std::uint64_t number = 0;
  };
  Table<std::uint8_t, Wide> table;
  for (unsigned key = 0; key < 256; ++key) {
    const auto value = table.find_or_insert(mix(key), static_cast<std::uint8_t>(key)).first;
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(value) % 128, 0U);
    value->number = key;
  }
  for (unsigned key = 0; key < 256; ++key) ASSERT_EQ(table.find(mix(key), static_cast<std::uint8_t>(key))->number, key);
}

TEST(Table, GivesMemoryBackWhenItWasBarelyUsed) {
  Counts table;
  for (std::uint64_t key = 0; key < 100'000; ++key) table.find_or_insert(mix(key), key);
  const std::size_t full = table.memory_bytes();
  table.clear();
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.memory_bytes(), full);
  table.find_or_insert(mix(1), std::uint64_t{1});
  EXPECT_EQ(table.size(), 1U);
  table.clear();
  EXPECT_EQ(table.memory_bytes(), 0U);
  EXPECT_EQ(table.find(mix(1), std::uint64_t{1}), nullptr);
}

}  // namespace
}  // namespace weir::state
