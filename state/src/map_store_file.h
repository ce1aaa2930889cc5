#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/core/fields.h"
#include "weir/core/files.h"
#include "weir/core/hash.h"

namespace weir::state {

/// A change of one row, as a file of the map store holds it.
struct MapRow {
  bool deleted = false;
  std::string key;
  std::string value;

  friend bool operator==(const MapRow&, const MapRow&) = default;
};
WEIR_FIELDS(MapRow, deleted, key, value);

/// The whole of a file, as it was written.
struct WrittenMapFile {
  std::uint64_t size = 0;
  Hash128 hash{};
};

/// Writes a file of rows: 16 bytes XXH3_128 of what follows, then the rows in the codec of values. Not synced.
/// Errors: ExternalError.
WrittenMapFile write_map_file(FileSystem& files, const std::string& path, const std::vector<MapRow>& rows);

/// Errors: CorruptionError naming the path, for any byte that is not as it was written; ExternalError.
std::vector<MapRow> read_map_file(FileSystem& files, const std::string& path);

}  // namespace weir::state
