#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "weir/core/host.h"
#include "weir/state/cold_store.h"

namespace weir::state {

/// RocksDB's own options by the names of its option strings, for what Weir does not set itself.
struct RocksDbOptions {
  std::map<std::string, std::string> db = {};             ///< DBOptions
  std::map<std::string, std::string> column_family = {};  ///< ColumnFamilyOptions
  std::map<std::string, std::string> table = {};          ///< BlockBasedTableOptions

  /// Bytes for RocksDB's cache and buffers, filters and indexes of files among them. None: rows are read back to
  /// restore them and for nothing else.
  std::optional<std::size_t> memory = std::nullopt;
};

/// Cold stores on RocksDB: one database in `directory`, a column family for each store. No write-ahead log, memtables
/// stay empty: rows come as sorted files.
/// Errors: UsageError naming an option that RocksDB does not know or that Weir sets, as rocksdb.db.NAME,
/// rocksdb.cf.NAME or rocksdb.table.NAME; ExternalError.
std::unique_ptr<ColdStores> make_rocksdb_stores(Host& host, const std::string& directory,
                                                const RocksDbOptions& options = {});

}  // namespace weir::state
