#pragma once

#include <string>

#include "weir/host/real_host.h"

#include "exit_status.h"
#include "job_command.h"

namespace weir::cluster {

/// Prints what memory a running job's keyed state takes, operator by operator and state by state. Blocks. Errors:
/// UserError, ExternalError.
ExitStatus show_memory(host::RealHost& host, const ClusterAddress& cluster, const std::string& id, bool json);

}  // namespace weir::cluster
