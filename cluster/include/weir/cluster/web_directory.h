#pragma once

#include <string>
#include <string_view>

#include "weir/core/files.h"

namespace weir::cluster {

/// Where the page's files are; empty: nowhere. Blocks.
///
/// Looked for in this order: as installed beside `program`, this process's own absolute path (bin/../share/weir/web);
/// as built in the source tree, unless this was built to be installed; where this build installs it.
std::string web_directory(FileSystem& files, std::string_view program);

}  // namespace weir::cluster
