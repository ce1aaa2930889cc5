#include "rocksdb_store.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <rocksdb/sst_file_writer.h>
#include <spdlog/spdlog.h>

#include "weir/core/check.h"

#include "rocksdb_file_hash.h"
#include "rocksdb_metadata.h"
#include "rocksdb_status.h"
#include "rocksdb_table.h"
#include "whole_file.h"

namespace weir::state {

namespace {

// A scan goes through everything once, and through dozens of files at a time.
constexpr std::size_t kScanReadaheadBytes = 256 << 10;

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

RocksDbStore::RocksDbStore(std::shared_ptr<RocksDbDatabase> database, std::string name)
    : database_(std::move(database)), name_(std::move(name)), filters_(std::make_shared<HorizonFilterFactory>()) {
  check_rocksdb(database_->db().CreateColumnFamily(settings(), name_, &family_), fmt::format("make {}", described()));
}

RocksDbStore::~RocksDbStore() {
  const rocksdb::Status dropped = drop();
  if (!dropped.ok())
    spdlog::warn("cannot drop {}: {}; its files stay until the directory is removed", described(), dropped.ToString());
}

rocksdb::ColumnFamilyOptions RocksDbStore::settings() const {
  rocksdb::ColumnFamilyOptions settings = database_->settings();
  settings.compaction_filter_factory = filters_;
  return settings;
}

rocksdb::Status RocksDbStore::drop() {
  if (family_ == nullptr) return {};
  rocksdb::ColumnFamilyHandle* const family = std::exchange(family_, nullptr);
  rocksdb::DB& db = database_->db();
  // A compaction that ends after its family's last handle tells the family's listeners through memory that is gone.
  // One of a dropped family gives up, so that it is not waited for long.
  rocksdb::Status dropped = db.DropColumnFamily(family);
  rocksdb::Status paused = db.PauseBackgroundWork();
  rocksdb::Status destroyed = db.DestroyColumnFamilyHandle(family);
  rocksdb::Status resumed = paused.ok() ? db.ContinueBackgroundWork() : std::move(paused);
  if (!dropped.ok()) return dropped;
  return destroyed.ok() ? resumed : destroyed;
}

std::string RocksDbStore::described() const {
  return fmt::format("the rows of {} in {}", name_, database_->db().GetName());
}

void RocksDbStore::ingest(const std::vector<RowChange>& changes) {
  if (changes.empty()) return;
  const std::string what = fmt::format("change {}", described());
  const std::string path = database_->new_path();
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(database_->settings()), {database_->settings(), settings()},
                                family_,
                                /*invalidate_page_cache=*/false);
  check_rocksdb(writer.Open(path), what);
  for (const RowChange& change : changes) {
    const rocksdb::Slice key = slice(change.key());
    check_rocksdb(change.is_put() ? writer.Put(key, slice(change.value())) : writer.Delete(key), what);
  }
  rocksdb::ExternalSstFileInfo written;
  check_rocksdb(writer.Finish(&written), what);
  rocksdb::IngestExternalFileArg file;
  file.column_family = family_;
  file.external_files = {path};
  file.options.move_files = true;
  file.options.write_global_seqno = false;    // an exported file is not written to any more
  file.options.verify_file_checksum = false;  // whoever takes it out of an export does that
  file.files_checksums = {written.file_checksum};
  file.files_checksum_func_names = {written.file_checksum_func_name};
  check_rocksdb(database_->db().IngestExternalFiles({file}), what);
  database_->wrote();
}

void RocksDbStore::scan(std::string_view from, std::string_view to,
                        const std::function<void(std::string_view key, std::string_view value)>& f) {
  const rocksdb::Slice bound = slice(to);
  rocksdb::ReadOptions once;
  once.fill_cache = false;
  once.readahead_size = kScanReadaheadBytes;
  if (!to.empty()) once.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> row(database_->db().NewIterator(once, family_));
  for (row->Seek(slice(from)); row->Valid(); row->Next()) f(view(row->key()), view(row->value()));
  check_rocksdb(row->status(), fmt::format("read {}", described()));
}

void RocksDbStore::scan_some(std::string_view from, std::string_view to,
                             const std::function<bool(std::string_view key, std::string_view value)>& f) {
  const rocksdb::Slice bound = slice(to);
  rocksdb::ReadOptions options;
  if (!to.empty()) options.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> row(database_->db().NewIterator(options, family_));
  for (row->Seek(slice(from)); row->Valid(); row->Next())
    if (!f(view(row->key()), view(row->value()))) return;
  check_rocksdb(row->status(), fmt::format("read {}", described()));
}

std::optional<std::string> RocksDbStore::last_key(std::string_view from, std::string_view to) {
  const rocksdb::Slice lower = slice(from);
  const rocksdb::Slice upper = slice(to);
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &lower;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> row(database_->db().NewIterator(options, family_));
  row->SeekToLast();
  if (row->Valid()) return std::string(view(row->key()));
  check_rocksdb(row->status(), fmt::format("read {}", described()));
  return std::nullopt;
}

std::vector<std::optional<std::string>> RocksDbStore::multi_get(const std::vector<std::string_view>& keys) {
  std::vector<rocksdb::Slice> slices;
  slices.reserve(keys.size());
  for (const std::string_view key : keys) slices.push_back(slice(key));
  std::vector<rocksdb::PinnableSlice> found(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  // Rows that are read together go into tables: they would only push filters and indexes out of the cache. One that is
  // read alone may be an element of a list or a map, and the next one lies beside it.
  rocksdb::ReadOptions options;
  options.fill_cache = keys.size() == 1;
  const bool sorted = std::is_sorted(keys.begin(), keys.end());
  database_->db().MultiGet(options, family_, keys.size(), slices.data(), found.data(), statuses.data(), sorted);
  std::vector<std::optional<std::string>> values(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    check_rocksdb(statuses[i], fmt::format("read {}", described()));
    values[i] = view(found[i]);
  }
  return values;
}

ColdExport RocksDbStore::export_to(const std::string& directory) {
  const std::string what = fmt::format("export {} to {}", described(), directory);
  const std::string parent = std::filesystem::path(directory).parent_path();
  if (!parent.empty()) database_->host().files().make_directories(parent);
  // Compactions change the files at any time: the export has those of before, those of after, or some of both.
  std::map<std::uint64_t, Hash128> hashes = file_hashes();
  rocksdb::ExportImportFilesMetaData* made = nullptr;
  check_rocksdb(database_->exporter().ExportColumnFamily(family_, directory, &made), what);
  const std::unique_ptr<const rocksdb::ExportImportFilesMetaData> metadata(made);

  hashes.merge(file_hashes());

  ColdExport exported;
  std::map<std::uint64_t, std::string> ids;
  for (const rocksdb::LiveFileMetaData& file : metadata->files) {
    const std::string path = directory + file.name;
    const std::string& id = ids[file.file_number] = table_id(file.file_number, path);
    const auto hash = hashes.find(file.file_number);
    exported.files.push_back({id, path, file.size, hash == hashes.end() ? std::nullopt : std::optional(hash->second)});
  }
  ids_ = std::move(ids);
  exported.metadata = encode_rocksdb_metadata(*metadata, exported.files);
  return exported;
}

std::string RocksDbStore::table_id(std::uint64_t number, const std::string& path) const {
  const auto known = ids_.find(number);
  return known != ids_.end() ? known->second : rocksdb_table_id(database_->settings(), path);
}

std::map<std::uint64_t, Hash128> RocksDbStore::file_hashes() const {
  rocksdb::ColumnFamilyMetaData family;
  database_->db().GetColumnFamilyMetaData(family_, &family);
  std::map<std::uint64_t, Hash128> hashes;
  for (const rocksdb::LevelMetaData& level : family.levels)
    for (const rocksdb::SstFileMetaData& file : level.files)
      if (const auto hash = hash_of_rocksdb_file(file.file_checksum, file.file_checksum_func_name))
        hashes.emplace(file.file_number, *hash);
  return hashes;
}

void RocksDbStore::import(std::string_view metadata, const std::vector<ColdFile>& files) {
  const std::string directory = database_->new_path();
  const rocksdb::ExportImportFilesMetaData imported = decode_rocksdb_metadata(metadata, files, directory);
  if (files.empty()) return;

  FileSystem& disk = database_->host().files();
  disk.make_directories(directory);
  for (const ColdFile& file : files) {
    verify_rocksdb_table(database_->settings(), file.path, file.name);
    link_or_copy(disk, file.path, directory + "/" + file.name);
  }

  std::vector<std::string_view> paths;
  for (const ColdFile& file : files) paths.push_back(file.path);
  const std::string what = fmt::format("take over {} as {}", fmt::join(paths, ", "), described());
  check_rocksdb(drop(), what);
  rocksdb::ImportColumnFamilyOptions move;
  move.move_files = true;
  check_rocksdb(database_->db().CreateColumnFamilyWithImport(settings(), name_, move, imported, &family_), what);
  database_->count_rows();
  disk.remove(directory);
}

}  // namespace weir::state
