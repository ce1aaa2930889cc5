// What is read of the files on disk, told by which reads find out that a file is damaged.

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

#include "cold_rows.h"
#include "rocksdb_place.h"

namespace weir::state {
namespace {

using Found = std::vector<std::optional<std::string>>;

std::vector<std::string> files_below(const std::string& directory) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.path().extension() == ".sst") paths.push_back(entry.path());
  return paths;
}

/// The block with the first rows.
void damage(const std::string& path) {
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(8).put('?');
}

std::string numbered(int number) { return fmt::format("row {:06}", number); }

Changes numbered_rows(int count) {
  Changes changes;
  for (int i = 0; i < count; ++i) changes[numbered(i)] = "1";
  return changes;
}

/// A store with little memory, and one file of all rows: the one to the bottom of which two smaller ones were merged.
class MergedRows {
 public:
  explicit MergedRows(int count) {
    ingest(*store_, numbered_rows(count));
    const std::string first = files_below(place_.root()).front();
    for (int i = 0; i < 2; ++i) ingest(*store_, {{numbered(0), "2"}});
    while (std::filesystem::exists(first)) std::this_thread::yield();
  }

  bool is_asked_for_absent_rows() {
    for (const std::string& path : files_below(place_.root())) damage(path);
    try {
      EXPECT_EQ(store_->multi_get({numbered(0) + " is followed by this", numbered(1) + " and this"}),
                (Found{std::nullopt, std::nullopt}));
      return false;
    } catch (const CorruptionError&) {
      return true;
    }
  }

 private:
  RocksDbPlace place_;
  std::unique_ptr<ColdStores> stores_ =
      place_.stores({.column_family = {{"level0_file_num_compaction_trigger", "2"}}, .memory = 64 << 10});
  std::unique_ptr<ColdStore> store_ = stores_->make("store");
};

TEST(RocksDbReads, AFileWithAFilterIsNotAskedForRowsThatItDoesNotHave) {
  EXPECT_FALSE(MergedRows(1'000).is_asked_for_absent_rows());
}

TEST(RocksDbReads, MergedFilesHaveNoFiltersThatDoNotFitIntoMemory) {
  EXPECT_TRUE(MergedRows(40'000).is_asked_for_absent_rows());
}

TEST(RocksDbReads, FilesThatAreNotMergedYetHaveFiltersHoweverManyRowsThereAre) {
  RocksDbPlace place;
  const std::unique_ptr<ColdStores> stores = place.stores({.memory = 64 << 10});
  const std::unique_ptr<ColdStore> store = stores->make("store");
  ingest(*store, numbered_rows(40'000));
  const std::vector<std::string> before = files_below(place.root());
  ingest(*store, {{"row", "1"}, {"row 0", "1"}, {"rows", "1"}});
  for (const std::string& path : files_below(place.root()))
    if (path != before.front()) damage(path);
  EXPECT_EQ(store->multi_get({numbered(1), numbered(2)}), (Found{"1", "1"}));
}

TEST(RocksDbReads, RowsThatAreReadTogetherLeaveTheCacheToOthers) {
  RocksDbPlace place;
  const std::unique_ptr<ColdStores> stores = place.stores({.memory = 8 << 20});
  const std::unique_ptr<ColdStore> store = stores->make("store");
  ingest(*store, {{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(store->multi_get({"a", "b"}), (Found{"1", "2"}));
  damage(files_below(place.root()).front());
  EXPECT_THROW(store->multi_get({"a", "b"}), CorruptionError);
}

TEST(RocksDbReads, WhatLiesBesideARowThatIsReadAloneIsInMemory) {
  RocksDbPlace place;
  const std::unique_ptr<ColdStores> stores = place.stores({.memory = 8 << 20});
  const std::unique_ptr<ColdStore> store = stores->make("store");
  ingest(*store, {{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(store->multi_get({"a"}), Found{"1"});
  damage(files_below(place.root()).front());
  EXPECT_EQ(store->multi_get({"b"}), Found{"2"});
}

}  // namespace
}  // namespace weir::state
