#pragma once

#include <string>

#include "weir/core/files.h"
#include "weir/core/hash.h"

namespace weir {

/// hash128() of a file's bytes, of which few are in memory at a time. Blocks. Errors: ExternalError naming the path.
Hash128 hash_of_file(FileSystem& files, const std::string& path);

}  // namespace weir
