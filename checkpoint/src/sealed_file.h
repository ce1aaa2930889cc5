#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/core/host.h"

// The envelope of log entries and manifests, all numbers little-endian:
//
//   magic (8 bytes) | format version (4) | length of the body (8) | body | XXH3_128 of all before (low 8, high 8)

namespace weir::checkpoint {

/// What a file has to be.
struct SealedFormat {
  std::string_view magic;     ///< 8 bytes
  std::uint32_t version = 1;  ///< the only one that is read
  std::string_view what;      ///< for messages: "checkpoint manifest"
};

/// The whole file.
std::string seal(const SealedFormat& format, std::string_view body);

/// The body, as a view into `file`. `path` is for messages. Errors: CorruptionError for anything that seal() did not
/// write; UserError naming both versions for a whole file of another version.
std::string_view unseal(const SealedFormat& format, std::string_view file, const std::string& path);

/// Creates a file of these bytes and syncs it. Its name is not durable yet. On an error no file is left, if that can
/// be. The crash points may be empty: none.
void write_synced(Host& host, const std::string& path, std::string_view bytes, std::string_view written_point,
                  std::string_view synced_point);

}  // namespace weir::checkpoint
