#pragma once

#include <string_view>

#include <rocksdb/status.h>

namespace weir::state {

/// Returns if the status is OK. Errors: CorruptionError if RocksDB found one, else ExternalError: "cannot <what>:
/// <status>". Statuses name the file that they are about; `what` names what else one needs to know.
void check_rocksdb(const rocksdb::Status& status, std::string_view what);

}  // namespace weir::state
