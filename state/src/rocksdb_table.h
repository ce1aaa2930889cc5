#pragma once

#include <string>

#include <rocksdb/options.h>

namespace weir::state {

// RocksDB's table files, looked at by path. They block. Errors: CorruptionError and ExternalError naming the path.

/// What tells a table file from every other that RocksDB ever wrote anywhere; part of the file.
std::string rocksdb_table_id(const rocksdb::Options& settings, const std::string& path);

/// Reads the whole file. RocksDB itself looks less closely at what it imports, and aborts over some damages.
/// Errors: CorruptionError also if the file is not the one that has this id.
void verify_rocksdb_table(const rocksdb::Options& settings, const std::string& path, const std::string& id);

}  // namespace weir::state
