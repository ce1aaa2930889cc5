#include "rocksdb_settings.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/core.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include "weir/core/error.h"

#include "rocksdb_file_hash.h"
#include "rocksdb_filters.h"

namespace weir::state {

namespace {

constexpr std::size_t kCacheBytes = 8 << 20;

// Rows are read only to restore them, so that merging late costs little: with 8 files instead of 4, compactions of
// 500 k changed rows a second take 0.25 instead of 0.5 of a core.
constexpr int kMergeAtFiles = 8;
// So far compactions may fall behind; then exports wait for them.
constexpr int kWaitAtFiles = 40;

// What rows are read back by, or lost by.
constexpr auto kNotForUsers = std::to_array<std::string_view>({
    "block_based_table_factory",
    "cf_paths",
    "checksum",
    "comparator",
    "compaction_filter",
    "compaction_filter_factory",
    "create_if_missing",
    "db_paths",
    "enable_blob_files",
    "error_if_exists",
    "file_checksum_gen_factory",
    "memtable_factory",
    "merge_operator",
    "plain_table_factory",
    "table_factory",
});

rocksdb::DBOptions db_settings() {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.error_if_exists = true;
  db.info_log_level = rocksdb::WARN_LEVEL;
  db.keep_log_file_num = 1;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  // One thread, of normal priority: one of low priority starves while all cores are busy, and the exports with it.
  db.max_background_jobs = 1;
  db.avoid_flush_during_shutdown = true;
  db.file_checksum_gen_factory = hash_rocksdb_files();
  return db;
}

rocksdb::ColumnFamilyOptions column_family_settings() {
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = 64 << 10;  // stays empty
  family.level0_file_num_compaction_trigger = kMergeAtFiles;
  family.level0_slowdown_writes_trigger = kWaitAtFiles;
  family.level0_stop_writes_trigger = kWaitAtFiles + kMergeAtFiles;
  // Files are merged with all that they overlap, so that rows below a horizon go with every compaction.
  family.level_compaction_dynamic_level_bytes = true;
  family.compression = rocksdb::kLZ4Compression;
  return family;
}

rocksdb::BlockBasedTableOptions table_settings() {
  rocksdb::BlockBasedTableOptions table;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  table.block_cache = rocksdb::NewLRUCache(kCacheBytes);
  return table;
}

/// Rows are read one by one: a filter of a file says which it does not have. It counts towards the cache, as all does
/// that RocksDB holds, with what it builds filters of: a file's worth of hashes. So files are small.
void read_within(std::size_t memory, rocksdb::DBOptions& db, rocksdb::ColumnFamilyOptions& family,
                 rocksdb::BlockBasedTableOptions& table) {
  constexpr double kForFilters = 0.6;
  constexpr int kShardBits = 2;
  constexpr std::uint64_t kLeastFile = 1 << 20;
  constexpr std::size_t kFileBuffer = 64 << 10;
  table.block_cache = rocksdb::NewLRUCache(memory, kShardBits, /*strict_capacity_limit=*/false, kForFilters);
  table.filter_policy = std::make_shared<FittingFilters>(memory / 4);
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.optimize_filters_for_memory = true;
  for (const auto role :
       {rocksdb::CacheEntryRole::kFilterConstruction, rocksdb::CacheEntryRole::kBlockBasedTableReader})
    table.cache_usage_options.options_overrides[role].charged = rocksdb::CacheEntryRoleOptions::Decision::kEnabled;
  family.target_file_size_base = std::clamp<std::uint64_t>(memory / 8, kLeastFile, family.target_file_size_base);
  db.writable_file_max_buffer_size = kFileBuffer;
  db.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(memory / 4, table.block_cache);
}

/// One option after the other, so that the one that is wrong is known.
template <class Settings, class Set>
void set_all(std::string_view group, const std::map<std::string, std::string>& options, Settings& settings, Set set) {
  rocksdb::ConfigOptions config;
  config.input_strings_escaped = false;
  config.ignore_unsupported_options = false;
  for (const auto& [name, value] : options) {
    if (std::find(kNotForUsers.begin(), kNotForUsers.end(), name) != kNotForUsers.end())
      throw UsageError(fmt::format("{}.{} is set by Weir: leave it out", group, name));
    const Settings before = settings;
    const rocksdb::Status status = set(config, before, {{name, value}}, &settings);
    if (!status.ok())
      throw UsageError(fmt::format("RocksDB does not take {}.{}={}: {}", group, name, value, status.ToString()));
  }
}

using Map = std::unordered_map<std::string, std::string>;

}  // namespace

rocksdb::Options rocksdb_settings(const RocksDbOptions& options) {
  rocksdb::DBOptions db = db_settings();
  rocksdb::BlockBasedTableOptions table = table_settings();
  rocksdb::ColumnFamilyOptions family = column_family_settings();
  if (options.memory) read_within(*options.memory, db, family, table);
  set_all("rocksdb.db", options.db, db, [](const auto& config, const auto& before, const Map& map, auto* after) {
    return rocksdb::GetDBOptionsFromMap(config, before, map, after);
  });

  set_all("rocksdb.cf", options.column_family, family,
          [](const auto& config, const auto& before, const Map& map, auto* after) {
            return rocksdb::GetColumnFamilyOptionsFromMap(config, before, map, after);
          });
  if (family.compaction_style == rocksdb::kCompactionStyleFIFO)
    throw UsageError("rocksdb.cf.compaction_style cannot be kCompactionStyleFIFO, which drops rows");

  set_all("rocksdb.table", options.table, table,
          [](const auto& config, const auto& before, const Map& map, auto* after) {
            return rocksdb::GetBlockBasedTableOptionsFromMap(config, before, map, after);
          });
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return {db, family};
}

}  // namespace weir::state
