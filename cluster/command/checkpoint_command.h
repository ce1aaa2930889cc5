#pragma once

#include <string>

#include "weir/core/host.h"

#include "exit_status.h"
#include "output_format.h"

namespace weir::cluster {

// They print to the standard output, and block. Errors: as find_jobs() and inspect_job().

/// `weir checkpoint ls`: the checkpoints of all jobs at `path`.
ExitStatus list_checkpoints(Host& host, const std::string& path, OutputFormat format);

/// `weir checkpoint verify`: reads every byte that they need.
ExitStatus verify_checkpoints(Host& host, const std::string& path, OutputFormat format);

}  // namespace weir::cluster
