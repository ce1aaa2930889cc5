#include "rocksdb_database.h"

#include <fmt/core.h>

#include "rocksdb_status.h"
#include "rocksdb_unsynced_files.h"

namespace weir::state {

namespace {

rocksdb::Options in(rocksdb::Env& environment, rocksdb::Options settings) {
  settings.env = &environment;
  return settings;
}

}  // namespace

RocksDbDatabase::RocksDbDatabase(Host& host, const std::string& directory, const rocksdb::Options& settings,
                                 Freed freed)
    : host_(host),
      environment_(rocksdb::NewCompositeEnv(unsynced_files())),
      settings_(in(*environment_, settings)),
      filters_(FittingFilters::of(settings_)),
      work_directory_(directory + "/work") {
  host.files().make_directories(work_directory_);
  const std::string path = directory + "/db";
  rocksdb::DB* db = nullptr;
  check_rocksdb(rocksdb::DB::Open(settings_, path, &db), fmt::format("open a database in {}", path));
  db_.reset(db);
  rocksdb::Checkpoint* exporter = nullptr;
  check_rocksdb(rocksdb::Checkpoint::Create(db, &exporter), fmt::format("export from the database in {}", path));
  exporter_.reset(exporter);
  if (freed == Freed::kGivenBack) freed_.emplace(host);
}

void RocksDbDatabase::wrote() {
  count_rows();
  if (freed_) freed_->give_back();
}

void RocksDbDatabase::count_rows() {
  std::uint64_t rows = 0;
  if (filters_ != nullptr && db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kEstimateNumKeys, &rows))
    filters_->set_rows(rows);
}

std::string RocksDbDatabase::new_path() {
  return fmt::format("{}/{}", work_directory_, last_path_.fetch_add(1, std::memory_order_relaxed));
}

}  // namespace weir::state
