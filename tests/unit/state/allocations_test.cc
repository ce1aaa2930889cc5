#include <cstdint>
#include <cstdlib>
#include <functional>
#include <new>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "weir/core/text.h"
#include "weir/state/drain_buffer.h"
#include "weir/state/slices.h"
#include "weir/state/table.h"

namespace {

/// Calls of operator new in this program. Tests run on one thread.
std::size_t allocations = 0;

void* allocate(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

// Inlined, g++ would take the call of free() for a mistake.
[[gnu::noinline]] void give_back(void* memory) { std::free(memory); }

}  // namespace

void* operator new(std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void* operator new[](std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }

namespace weir::state {
namespace {

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

void fill(Table<std::uint64_t, std::int64_t>& table, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t key = from; key < to; ++key) ++*table.find_or_insert(mix(key), key).first;
}

TEST(Allocations, HappenOnlyWhenATableGrows) {
  Table<std::uint64_t, std::int64_t> table;
  std::size_t before = allocations;
  EXPECT_EQ(table.find(1, std::uint64_t{1}), nullptr);
  EXPECT_EQ(allocations, before);
  fill(table, 0, 100'000);
  EXPECT_GT(allocations, before);

  before = allocations;
  for (int i = 0; i < 3; ++i) fill(table, 0, 100'000);
  EXPECT_EQ(allocations, before);
}

TEST(Allocations, AreNotNeededForAsManyDrainedRowsAsBefore) {
  constexpr int kRows = 100'000;
  DrainedRows rows;
  const auto fill = [&rows] {
    for (int i = 0; i < kRows; ++i) rows.add(RowChange::Kind::kPut, "key", "a value");
  };
  fill();
  rows.clear();
  const std::size_t before = allocations;
  fill();
  EXPECT_EQ(rows.size(), kRows);
  EXPECT_EQ(allocations, before);
}

TEST(Allocations, StopWhileAsManyKeysComeAsGo) {
  Table<std::uint64_t, std::int64_t> table;
  constexpr std::uint64_t kKeys = 100'000;
  fill(table, 0, kKeys);
  const auto replace = [&table](std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t key = from; key < to; ++key) {
      fill(table, key, key + 1);
      ASSERT_TRUE(table.erase(mix(key - kKeys), key - kKeys));
    }
  };
  replace(kKeys, 10 * kKeys);
  const std::size_t before = allocations;
  replace(10 * kKeys, 30 * kKeys);
  EXPECT_EQ(table.size(), kKeys);
  EXPECT_EQ(allocations, before);
}

TEST(Allocations, DoNotHappenWhenAClearedTableIsFilledAgain) {
  for (const std::uint64_t keys : {1, 100, 5'000, 100'000}) {
    Table<std::uint64_t, std::int64_t> table;
    fill(table, 0, keys);
    const std::size_t before = allocations;
    for (int i = 0; i < 5; ++i) {
      table.clear();
      fill(table, 0, keys);
    }
    EXPECT_EQ(allocations, before) << keys << " keys";
  }
}

TEST(Allocations, StopWhenATableIsFilledWithAsManyOtherKeys) {
  Table<std::uint64_t, std::int64_t> table;
  const auto fill_rounds = [&table](std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t round = from; round < to; ++round) {
      table.clear();
      fill(table, round * 100'000, (round + 1) * 100'000);
    }
  };
  fill_rounds(0, 10);
  const std::size_t before = allocations;
  fill_rounds(10, 30);
  EXPECT_EQ(allocations, before);
}

TEST(Allocations, DoNotHappenToOverflowThatIsClearedAndFilledAgain) {
  Table<std::uint64_t, std::int64_t> table;
  const auto fill_alike = [&table] {
    for (std::uint64_t key = 0; key < 3'000; ++key) table.find_or_insert(7, key);
  };
  fill_alike();
  table.clear();
  fill_alike();
  const std::size_t before = allocations;
  table.clear();
  fill_alike();
  EXPECT_EQ(table.size(), 3'000U);
  EXPECT_EQ(allocations, before);
}

TEST(Allocations, DoNotHappenWhenStringsAreLookedUp) {
  Table<std::string, std::int64_t> table;
  const std::string_view word = "a word that does not fit into the string itself";
  const std::hash<std::string_view> hash;
  ++*table.find_or_insert(hash(word), word).first;
  const std::size_t before = allocations;
  for (int i = 0; i < 1'000; ++i) ++*table.find_or_insert(hash(word), Text(word)).first;
  EXPECT_NE(table.find(hash(word), word), nullptr);
  EXPECT_EQ(table.find(hash("another word"), Text("another word")), nullptr);
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(*table.find(hash(word), word), 1'001);
}

TEST(Allocations, DoNotHappenWhileWindowsSlide) {
  Slices<std::uint64_t, std::int64_t> slices;
  constexpr int kLive = 5;
  const auto pass = [&slices](std::int64_t second) {
    fill(slices.at(timestamp_ms(second * 1'000)), 0, 10'000);
    slices.expire_until(timestamp_ms((second - kLive) * 1'000));
  };
  for (std::int64_t second = 0; second < 2 * kLive; ++second) pass(second);
  const std::size_t before = allocations;
  for (std::int64_t second = 2 * kLive; second < 10 * kLive; ++second) pass(second);
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(slices.size(), static_cast<std::size_t>(kLive));
}

}  // namespace
}  // namespace weir::state
