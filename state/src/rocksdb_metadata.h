#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rocksdb/metadata.h>

#include "weir/state/cold_store.h"

namespace weir::state {

/// What an export's metadata says of it: RocksDB's own description, and under which names its files are handed out.
/// Names are those of `files`, one for each of `exported.files`.
std::string encode_rocksdb_metadata(const rocksdb::ExportImportFilesMetaData& exported,
                                    const std::vector<ColdFile>& files);

/// RocksDB's description of an export whose files lie in `directory` under their names. Requires: `bytes` are what
/// encode_rocksdb_metadata made for `files`. Errors: CorruptionError, if not.
rocksdb::ExportImportFilesMetaData decode_rocksdb_metadata(std::string_view bytes, const std::vector<ColdFile>& files,
                                                           const std::string& directory);

}  // namespace weir::state
