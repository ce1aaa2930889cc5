#pragma once

#include <string>

#include "weir/core/host.h"

#include "checkpoint_command.h"
#include "exit_status.h"

namespace weir::cluster {

/// `weir checkpoint cp`: makes the new directory `to` of a checkpoint, named as choose_checkpoint() reads it. Prints
/// what was copied, and blocks. Errors: as choose_checkpoint() and checkpoint::copy_checkpoint().
ExitStatus copy_checkpoint(Host& host, const std::string& from, const std::string& to, OutputFormat format);

}  // namespace weir::cluster
