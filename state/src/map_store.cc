#include "map_store.h"

#include <utility>

#include <fmt/core.h>

#include "weir/core/check.h"
#include "weir/core/codec.h"
#include "weir/core/error.h"

#include "whole_file.h"

namespace weir::state {

namespace {

/// How the files of an export belong together: all of them, oldest first.
struct MapMetadata {
  std::string format;
  std::vector<std::string> files;
};
WEIR_FIELDS(MapMetadata, format, files);

constexpr std::string_view kFormat = "weir map store 1";

class MapStores final : public ColdStores {
 public:
  MapStores(Host& host, std::string directory) : host_(host), directory_(std::move(directory)) {}

  std::unique_ptr<ColdStore> make(const std::string& name) override {
    const std::string id = fmt::format("{:016x}", host_.random());
    return std::make_unique<MapStore>(host_, fmt::format("{}/{}.{}", directory_, name, id), id);
  }

 private:
  Host& host_;
  const std::string directory_;
};

}  // namespace

MapStore::MapStore(Host& host, std::string directory, std::string id)
    : files_(host.files()), directory_(std::move(directory)), id_(std::move(id)) {
  files_.make_directories(directory_);
}

void MapStore::ingest(const std::vector<RowChange>& changes) {
  if (changes.empty()) return;
  std::vector<MapRow> rows;
  rows.reserve(changes.size());
  for (const RowChange& change : changes) {
    WEIR_CHECK(rows.empty() || rows.back().key < change.key());
    rows.push_back({!change.is_put(), std::string(change.key()), std::string(change.is_put() ? change.value() : "")});
  }
  write(rows);
  for (const MapRow& row : rows) apply(row);
  if (stored_.size() > kMostFiles) merge_files();
}

void MapStore::scan(std::string_view from, std::string_view to,
                    const std::function<void(std::string_view key, std::string_view value)>& f) {
  for (auto row = rows_.lower_bound(from); row != rows_.end() && (to.empty() || row->first < to); ++row)
    f(row->first, row->second);
}

void MapStore::scan_some(std::string_view from, std::string_view to,
                         const std::function<bool(std::string_view key, std::string_view value)>& f) {
  const std::lock_guard lock(rows_mutex_);
  for (auto row = rows_.lower_bound(from); row != rows_.end() && (to.empty() || row->first < to); ++row)
    if (!f(row->first, row->second)) return;
}

std::optional<std::string> MapStore::last_key(std::string_view from, std::string_view to) {
  const std::lock_guard lock(rows_mutex_);
  auto row = rows_.lower_bound(to);
  if (row == rows_.begin() || (--row)->first < from) return std::nullopt;
  return row->first;
}

std::vector<std::optional<std::string>> MapStore::multi_get(const std::vector<std::string_view>& keys) {
  const std::lock_guard lock(rows_mutex_);
  std::vector<std::optional<std::string>> values(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (const auto row = rows_.find(keys[i]); row != rows_.end()) values[i] = row->second;
  }
  return values;
}

ColdExport MapStore::export_to(const std::string& directory) {
  if (files_.exists(directory))
    throw ExternalError(fmt::format("cannot export to {}: it exists already", directory), Retry::kNo);
  files_.make_directories(directory);
  ColdExport exported;
  MapMetadata metadata{std::string(kFormat), {}};
  for (const StoredMapFile& file : stored_) {
    const std::string path = fmt::format("{}/{}", directory, file.name);
    link_or_copy(files_, path_of(file.name), path);
    metadata.files.push_back(file.name);
    exported.files.push_back({file.name, path, file.size, file.hash});
  }
  encode_value(metadata, exported.metadata);
  return exported;
}

void MapStore::import(std::string_view metadata, const std::vector<ColdFile>& files) {
  WEIR_CHECK(stored_.empty() && rows_.empty());
  const auto known = decode_value<MapMetadata>(metadata);
  if (known.format != kFormat)
    throw CorruptionError(fmt::format("state was written by '{}', and is to be read by '{}'", known.format, kFormat));
  if (known.files.size() != files.size())
    throw CorruptionError(fmt::format("state lies in {} files and {} are there", known.files.size(), files.size()));
  for (std::size_t i = 0; i < files.size(); ++i) {
    const ColdFile& file = files[i];
    if (file.name != known.files[i])
      throw CorruptionError(fmt::format("{}: is {} where {} must be", file.path, file.name, known.files[i]));
    link_or_copy(files_, file.path, path_of(file.name));
    for (const MapRow& row : read_map_file(files_, path_of(file.name))) apply(row);
    stored_.push_back({file.name, file.size});
  }
}

void MapStore::write(const std::vector<MapRow>& rows) {
  const std::string name = fmt::format("{}-{:06}.rows", id_, ++last_file_);
  const WrittenMapFile written = write_map_file(files_, path_of(name), rows);
  stored_.push_back({name, written.size, written.hash});
}

void MapStore::apply(const MapRow& row) {
  const std::lock_guard lock(rows_mutex_);
  if (row.deleted) {
    rows_.erase(row.key);
  } else {
    rows_.insert_or_assign(row.key, row.value);
  }
}

void MapStore::merge_files() {
  {
    const std::lock_guard lock(rows_mutex_);
    std::erase_if(rows_, [this](const auto& row) { return horizons_.drop(row.first, row.second); });
  }
  std::vector<MapRow> rows;
  rows.reserve(rows_.size());
  for (const auto& [key, value] : rows_) rows.push_back({false, key, value});
  const std::vector<StoredMapFile> merged = stored_;
  if (!rows.empty()) write(rows);
  // Only now: a failed write leaves what there was.
  stored_.erase(stored_.begin(), stored_.begin() + static_cast<std::ptrdiff_t>(merged.size()));
  for (const StoredMapFile& file : merged) files_.remove(path_of(file.name));
}

std::unique_ptr<ColdStores> make_map_stores(Host& host, const std::string& directory) {
  return std::make_unique<MapStores>(host, directory);
}

}  // namespace weir::state
