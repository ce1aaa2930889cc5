#pragma once

#include <string>

#include "weir/core/files.h"

namespace weir::state {

/// All bytes of a file. Errors: ExternalError, also if the file is shorter than its size says.
std::string read_whole_file(FileSystem& files, const std::string& path);

/// Gives the file `from` the further name `to`, which must be free; where there are no links, copies its bytes.
/// Errors: ExternalError.
void link_or_copy(FileSystem& files, const std::string& from, const std::string& to);

}  // namespace weir::state
