#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/utilities/checkpoint.h>

#include "weir/core/host.h"

#include "freed_memory.h"
#include "rocksdb_filters.h"

namespace weir::state {

/// The database of a process. Thread-safe, as RocksDB is.
class RocksDbDatabase {
 public:
  /// What becomes of memory that was freed: the allocator may keep it, or it is given back every so often, and with the
  /// database, which goes last when state is put down.
  enum class Freed : std::uint8_t { kKept, kGivenBack };

  /// Opens a new database in `directory`, which is empty. Errors: ExternalError.
  RocksDbDatabase(Host& host, const std::string& directory, const rocksdb::Options& settings, Freed freed);

  Host& host() const { return host_; }
  rocksdb::DB& db() const { return *db_; }
  rocksdb::Checkpoint& exporter() const { return *exporter_; }
  const rocksdb::Options& settings() const { return settings_; }

  /// A drain's rows were written, and their memory is free.
  void wrote();

  /// Rows have come.
  void count_rows();

  /// A path on the database's disk that nobody else uses.
  std::string new_path();

 private:
  Host& host_;
  std::optional<FreedMemory> freed_;  ///< null: the allocator keeps it
  const std::unique_ptr<rocksdb::Env> environment_;
  const rocksdb::Options settings_;
  const FittingFilters* const filters_;  ///< null: rows are not read one by one
  const std::string work_directory_;
  std::unique_ptr<rocksdb::DB> db_;
  std::unique_ptr<rocksdb::Checkpoint> exporter_;
  std::atomic<std::uint64_t> last_path_{0};
};

}  // namespace weir::state
