#pragma once

#include <rocksdb/options.h>

#include "weir/state/rocksdb_stores.h"

namespace weir::state {

/// How Weir sets RocksDB, with what the user wants otherwise. Errors: UserError naming the option.
rocksdb::Options rocksdb_settings(const RocksDbOptions& options);

}  // namespace weir::state
