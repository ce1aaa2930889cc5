#pragma once

#include <memory>

#include <rocksdb/file_system.h>

namespace weir::state {

/// The machine's files, where a sync does nothing.
///
/// A cold store is a cache: its directory is wiped before use, and whoever keeps files of an export makes them durable
/// himself. RocksDB would sync each file two or three times and wait for it, also those that no checkpoint keeps.
std::shared_ptr<rocksdb::FileSystem> unsynced_files();

}  // namespace weir::state
