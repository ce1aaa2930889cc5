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

TEST(MapColdStore, LosesNothingWhenMergingFilesFailsAndTheChangesAreTriedAgain) {
  MapPlace place;
  const std::unique_ptr<ColdStores> stores = place.stores();
  const std::unique_ptr<ColdStore> store = stores->make("store");
  Rows rows;
  for (int i = 0; i < 4; ++i) {
    const Changes changes{{"a" + std::to_string(i), "1"}};
    ingest(*store, changes);
    change(changes, rows);
  }
  const Changes last{{"b", "2"}};
  change(last, rows);
  place.world().disk().inject(
      {.path = "*-000006.rows", .operations = {sim::DiskOperation::kWrite}});  // 5 are the changes, 6 is all there is
  EXPECT_THROW(ingest(*store, last), ExternalError);
  ingest(*store, last);
  const ColdExport exported = store->export_to(place.new_path("export"));
  const std::unique_ptr<ColdStore> restored = stores->make("restored");
  restored->import(exported.metadata, exported.files);
  EXPECT_EQ(scan(*restored), rows);
}

}  // namespace
}  // namespace weir::state
