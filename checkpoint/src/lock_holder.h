#pragma once

#include <string>

#include "weir/checkpoint/layout.h"
#include "weir/core/files.h"

namespace weir::checkpoint {

/// Who holds a job's directory, or held it last, as its lock file says: of the first line at most 200 bytes, for
/// anybody can have written it. Blocks. Errors: ExternalError.
std::string lock_holder(FileSystem& files, const Layout& layout);

}  // namespace weir::checkpoint
