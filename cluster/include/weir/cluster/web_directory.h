#pragma once

#include <string>

#include "weir/core/files.h"

namespace weir::cluster {

/// Where the page's files are: as installed, else as built in the source tree; empty: nowhere. Blocks.
std::string web_directory(FileSystem& files);

}  // namespace weir::cluster
