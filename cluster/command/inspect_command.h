#pragma once

#include <string>

#include "weir/core/host.h"

#include "checkpoint_command.h"
#include "exit_status.h"

namespace weir::cluster {

/// `weir checkpoint inspect`: what a checkpoint holds, operator by operator, as its manifest tells. Prints to the
/// standard output, and blocks. Errors: as choose_checkpoint().
ExitStatus inspect_checkpoint(Host& host, const std::string& checkpoint, OutputFormat format);

}  // namespace weir::cluster
