#include <gtest/gtest.h>

#include "weir/core/error.h"

#include "cold_rows.h"
#include "map_place.h"

namespace weir::state {
namespace {

TEST(MapColdStore, EveryIngestMakesAFileUntilTheyAreMerged) {
  MapPlace place;
  const std::unique_ptr<ColdStores> stores = place.stores();
  const std::unique_ptr<ColdStore> store = stores->make("store");
  std::vector<std::size_t> files;
  for (int i = 0; i < 7; ++i) {
    ingest(*store, {{"a" + std::to_string(i), "1"}});
    files.push_back(store->export_to(place.new_path("export")).files.size());
  }
  EXPECT_EQ(files, (std::vector<std::size_t>{1, 2, 3, 4, 1, 2, 3}));
}

TEST(MapColdStore, RemovesFilesThatWereMerged) {
  MapPlace place;
  const std::unique_ptr<ColdStores> stores = place.stores();
  const std::unique_ptr<ColdStore> store = stores->make("store");
  for (int i = 0; i < 5; ++i) ingest(*store, {{"a", std::to_string(i)}});
  EXPECT_EQ(place.world().disk().list_recursive(place.root()).size(), 1u);
}

TEST(MapColdStore, MakesTheSameFilesInTheSameWorld) {
  const auto files = [] {
    MapPlace place;
    const std::unique_ptr<ColdStores> stores = place.stores();
    const std::unique_ptr<ColdStore> store = stores->make("store");
    ingest(*store, {{"a", "1"}, {"b", "2"}});
    ingest(*store, {{"b", "3"}});
    std::map<std::string, std::string> bytes;
    for (const std::string& path : place.world().disk().list_recursive(place.root()))
      bytes[path] = place.world().disk().read_file(path);
    return bytes;
  };
  EXPECT_EQ(files(), files());
}

TEST(MapColdStore, NamesTheFileThatTheDiskFails) {
  MapPlace place;
  const std::unique_ptr<ColdStores> stores = place.stores();
  const std::unique_ptr<ColdStore> store = stores->make("store");
  place.world().disk().inject({.path = "*.rows", .operations = {sim::DiskOperation::kWrite}});
  try {
    ingest(*store, {{"a", "1"}});
    FAIL() << "no error";
  } catch (const ExternalError& error) {
    EXPECT_NE(std::string(error.what()).find(".rows"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace weir::state
