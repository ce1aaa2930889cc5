#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "weir/core/error.h"
#include "weir/core/hash.h"

#include "cold_rows.h"
#include "rocksdb_place.h"

namespace weir::state {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::vector<std::string> paths_below(const std::string& directory, const std::string& extension) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.path().extension() == extension) paths.push_back(entry.path());
  }
  return paths;
}

template <class E, class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "no such error";
}

std::string refused(const RocksDbOptions& options) {
  RocksDbPlace place;
  return error_of<UsageError>([&] { place.stores(options); });
}

TEST(RocksDbColdStore, NamesAnOptionThatRocksDbDoesNotKnow) {
  EXPECT_THAT(refused({.db = {{"max_background_jobs", "1"}, {"speed", "high"}}}), HasSubstr("rocksdb.db.speed=high"));
  EXPECT_THAT(refused({.column_family = {{"speed", "high"}}}), HasSubstr("rocksdb.cf.speed=high"));
  EXPECT_THAT(refused({.table = {{"speed", "high"}}}), HasSubstr("rocksdb.table.speed=high"));
}

TEST(RocksDbColdStore, NamesAnOptionWhoseValueRocksDbDoesNotTake) {
  EXPECT_THAT(refused({.column_family = {{"compression", "kTarCompression"}}}),
              HasSubstr("rocksdb.cf.compression=kTarCompression"));
  EXPECT_THAT(refused({.table = {{"block_size", "large"}}}), HasSubstr("rocksdb.table.block_size=large"));
}

TEST(RocksDbColdStore, RefusesOptionsThatWouldLoseRows) {
  EXPECT_THAT(refused({.column_family = {{"comparator", "rocksdb.ReverseBytewiseComparator"}}}),
              HasSubstr("rocksdb.cf.comparator is set by Weir"));
  EXPECT_THAT(refused({.table = {{"checksum", "kNoChecksum"}}}), HasSubstr("rocksdb.table.checksum is set by Weir"));
  EXPECT_THAT(refused({.column_family = {{"compaction_style", "kCompactionStyleFIFO"}}}),
              HasSubstr("kCompactionStyleFIFO"));
}

TEST(RocksDbColdStore, TakesTheOptionsOfTheUser) {
  const auto size = [](const RocksDbOptions& options) {
    RocksDbPlace place;
    const std::unique_ptr<ColdStores> stores = place.stores(options);
    const std::unique_ptr<ColdStore> store = stores->make("store");
    ingest(*store, {{"a", std::string(1'000'000, 'x')}});
    return store->export_to(place.new_path("export")).files.front().size;
  };
  EXPECT_LT(size({}), 100'000u);
  EXPECT_GT(size({.column_family = {{"compression", "kNoCompression"}}}), 1'000'000u);
}

TEST(RocksDbColdStore, WritesNoLog) {
  RocksDbPlace place;
  const std::unique_ptr<ColdStores> stores = place.stores();
  const std::unique_ptr<ColdStore> store = stores->make("store");
  ingest(*store, {{"a", "1"}, {"b", "2"}});
  const std::vector<std::string> logs = paths_below(place.root(), ".log");
  ASSERT_FALSE(logs.empty());
  for (const std::string& log : logs) EXPECT_EQ(std::filesystem::file_size(log), 0u) << log;
}

TEST(RocksDbColdStore, LeavesNothingBehindOfWhatItIngestedAndImported) {
  RocksDbPlace place;
  const std::unique_ptr<ColdStores> stores = place.stores();
  std::unique_ptr<ColdStore> store = stores->make("store");
  ingest(*store, {{"a", "1"}, {"b", "2"}});
  const ColdExport exported = store->export_to(place.new_path("export"));
  std::unique_ptr<ColdStore> other = stores->make("other");
  other->import(exported.metadata, exported.files);
  store.reset();
  other.reset();
  EXPECT_EQ(paths_below(place.root(), ".sst"), std::vector<std::string>{exported.files.front().path});
  EXPECT_TRUE(std::filesystem::is_empty(place.root() + "/stores1/work"));
}

TEST(RocksDbColdStore, AFileThatIsDamagedOnTheLocalDiskIsAnErrorThatNamesIt) {
  RocksDbPlace place;
  const std::unique_ptr<ColdStores> stores = place.stores();
  const std::unique_ptr<ColdStore> store = stores->make("store");
  ingest(*store, {{"a", "1"}, {"b", "2"}});
  const std::string path = paths_below(place.root(), ".sst").front();
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(8).put('?');

  EXPECT_THAT(error_of<CorruptionError>([&] { scan(*store); }), AllOf(HasSubstr(path), HasSubstr("store")));
  EXPECT_THAT(error_of<CorruptionError>([&] { store->multi_get({"a"}); }), HasSubstr(path));
}

TEST(RocksDbColdStore, TellsTheHashOfWhatItWroteWhateverTheDiskMadeOfIt) {
  RocksDbPlace place;
  const std::unique_ptr<ColdStores> stores = place.stores();
  const std::unique_ptr<ColdStore> store = stores->make("store");
  ingest(*store, {{"a", "1"}, {"b", "2"}});
  const std::string path = paths_below(place.root(), ".sst").front();
  const Hash128 written = hash128(read_file(place.host(), path));
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(8).put('?');

  const ColdExport exported = store->export_to(place.new_path("export"));
  ASSERT_EQ(1U, exported.files.size());
  EXPECT_NE(written, hash128(read_file(place.host(), exported.files.front().path)));
  EXPECT_EQ(written, exported.files.front().hash);
}

TEST(RocksDbColdStore, ACompactionThatFailedIsAnErrorOfTheChangesThatFollow) {
  RocksDbPlace place;
  const std::unique_ptr<ColdStores> stores = place.stores();
  const std::unique_ptr<ColdStore> store = stores->make("store");
  ingest(*store, {{"a", "1"}, {"b", "2"}});
  const std::string path = paths_below(place.root(), ".sst").front();
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(8).put('?');

  const auto go_on = [&] {
    for (;;) ingest(*store, {{"a", "1"}, {"b", "2"}});
  };
  EXPECT_THAT(error_of<CorruptionError>(go_on), HasSubstr(path));
}

TEST(RocksDbColdStore, NamesTheDirectoryInWhichThereIsADatabaseAlready) {
  RocksDbPlace place;
  const std::unique_ptr<ColdStores> stores = make_rocksdb_stores(place.host(), place.root());
  EXPECT_THAT(error_of<ExternalError>([&] { make_rocksdb_stores(place.host(), place.root()); }),
              HasSubstr(place.root()));
}

TEST(RocksDbColdStore, StoresOfOneProcessWorkAtTheSameTime) {
  RocksDbPlace place;
  const std::unique_ptr<ColdStores> stores = place.stores();
  std::array<Rows, 4> rows;
  const auto work = [&](std::size_t which) {
    std::unique_ptr<ColdStore> store = stores->make("store " + std::to_string(which));
    for (std::uint64_t i = 0; i < 30; ++i) {
      store->set_horizons({{StateId(9), timestamp_ms(static_cast<std::int64_t>(i))}});
      const std::string value = std::to_string(which) + " " + std::to_string(i);
      ingest(*store, {{row_key(0, std::nullopt, 0), value}, {row_key(0, std::nullopt, i), value}});
      if (i % 10 != 9) continue;
      const ColdExport exported =
          store->export_to(place.root() + "/export " + std::to_string(which) + "." + std::to_string(i));
      std::unique_ptr<ColdStore> next = stores->make("store " + std::to_string(which) + "." + std::to_string(i));
      next->import(exported.metadata, exported.files);
      store = std::move(next);
    }
    rows[which] = scan(*store);
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < rows.size(); ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();

  for (std::size_t which = 0; which < rows.size(); ++which) {
    Rows expected;
    for (std::uint64_t i = 1; i < 30; ++i)
      expected[row_key(0, std::nullopt, i)] = std::to_string(which) + " " + std::to_string(i);
    expected[row_key(0, std::nullopt, 0)] = std::to_string(which) + " 29";
    EXPECT_EQ(rows[which], expected) << which;
  }
}

// The file system of shared memory is another than that of /tmp on every Linux: no links lead across.
class OtherDisk {
 public:
  explicit OtherDisk(const std::string& place) {
    struct stat here{};
    struct stat there{};
    if (::stat(place.c_str(), &here) != 0 || ::stat("/dev/shm", &there) != 0 || here.st_dev == there.st_dev) return;
    std::string name = "/dev/shm/weir-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) root_ = name;
  }
  ~OtherDisk() {
    std::error_code ignored;
    if (!root_.empty()) std::filesystem::remove_all(root_, ignored);
  }
  const std::string& root() const { return root_; }

 private:
  std::string root_;  ///< empty: there is none
};

TEST(RocksDbColdStore, ExportsToAndImportsFromAnotherDisk) {
  RocksDbPlace place;
  const OtherDisk other(place.root());
  if (other.root().empty()) GTEST_SKIP() << "no second file system";
  const std::unique_ptr<ColdStores> stores = place.stores();
  const std::unique_ptr<ColdStore> store = stores->make("store");
  ingest(*store, {{"a", std::string(3'000'000, 'x')}, {"b", "2"}});
  const ColdExport exported = store->export_to(other.root() + "/export");
  const std::unique_ptr<ColdStore> restored = stores->make("restored");
  restored->import(exported.metadata, exported.files);
  for (const ColdFile& file : exported.files) std::filesystem::remove(file.path);
  EXPECT_EQ(scan(*restored), scan(*store));
}

std::string output_of(const std::string& command) {
  std::string output;
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "cannot start " + command;
  std::array<char, 4096> piece;
  while (const std::size_t size = std::fread(piece.data(), 1, piece.size(), pipe)) output.append(piece.data(), size);
  ::pclose(pipe);
  return output;
}

TEST(RocksDbColdStore, ExportedFilesAreReadByRocksDbsOwnTools) {
  if (!std::filesystem::exists("/usr/bin/sst_dump")) GTEST_SKIP() << "rocksdb-tools is not installed";
  RocksDbPlace place;
  const std::unique_ptr<ColdStores> stores = place.stores();
  const std::unique_ptr<ColdStore> store = stores->make("store");
  ingest(*store, {{"apple", "red"}, {"pear", "green"}, {"plum", std::nullopt}});
  const ColdExport exported = store->export_to(place.new_path("export"));
  const std::string dump =
      output_of("/usr/bin/sst_dump --command=scan --file=" + exported.files.front().path + " 2>&1");
  EXPECT_THAT(dump, AllOf(HasSubstr("'apple' seq:"), HasSubstr("=> red"), HasSubstr("'pear' seq:"),
                          HasSubstr("=> green"), HasSubstr("'plum' seq:")));
}

}  // namespace
}  // namespace weir::state
