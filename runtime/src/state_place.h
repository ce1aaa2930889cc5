#pragma once

#include <memory>

#include "weir/checkpoint/layout.h"
#include "weir/checkpoint/options.h"
#include "weir/core/host.h"
#include "weir/core/ids.h"

namespace weir::runtime {

/// Takes the place of a job in a directory of its own for local state (--weir.state-dir), which other checkpoint
/// directories' jobs of that name may be given, too, and removes what attempts of generations below `generation` left
/// there. `place`: in that directory. The place is free again when the lock goes. Blocks.
/// Errors: UsageError when another process is there, unless `options` allow a takeover; ExternalError naming a path.
std::unique_ptr<FileLock> take_state_place(Host& host, const checkpoint::Layout& place,
                                           const checkpoint::Options& options, GenerationId generation);

}  // namespace weir::runtime
