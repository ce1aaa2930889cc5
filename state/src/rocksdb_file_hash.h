#pragma once

#include <memory>
#include <optional>
#include <string>

#include <rocksdb/file_checksum.h>

#include "weir/core/hash.h"

namespace weir::state {

/// Makes RocksDB hash every table file while it writes it, before any disk has it. Thread-safe.
std::shared_ptr<rocksdb::FileChecksumGenFactory> hash_rocksdb_files();

/// The XXH3_128 of a file that RocksDB hashed so, of what it says of the file. None: it was not hashed, as those are
/// not that were imported.
std::optional<Hash128> hash_of_rocksdb_file(const std::string& checksum, const std::string& function);

}  // namespace weir::state
