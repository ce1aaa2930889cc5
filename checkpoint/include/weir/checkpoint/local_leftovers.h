#pragma once

#include "weir/checkpoint/layout.h"
#include "weir/core/files.h"
#include "weir/core/ids.h"

namespace weir::checkpoint {

/// Removes what attempts of generations below `below` kept in layout.local(), and makes that directory. Those of later
/// ones may be at work: whoever calls this may have been replaced. Other names are left alone. Blocks.
/// Errors: ExternalError naming a path.
void remove_local_leftovers(FileSystem& files, const Layout& layout, GenerationId below);

}  // namespace weir::checkpoint
