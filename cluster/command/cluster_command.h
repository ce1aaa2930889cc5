#pragma once

#include <cstdint>
#include <string>

#include "weir/host/real_host.h"

#include "daemons.h"
#include "exit_status.h"
#include "output_format.h"

namespace weir::cluster {

struct ClusterStartArguments {
  JobManagerArguments job_manager;
  std::uint32_t task_managers = 1;
  std::uint32_t slots = 0;  ///< of each; 0: one for each core
};

// `weir cluster start|stop|status`. They print, and block. Errors: UsageError, ExternalError.

/// In JSON it prints nothing but what show_cluster() does, when all is up.
ExitStatus start_cluster(host::RealHost& host, const ClusterStartArguments& arguments, OutputFormat format);
ExitStatus stop_cluster(host::RealHost& host, const std::string& directory);
ExitStatus show_cluster(host::RealHost& host, const std::string& directory, OutputFormat format);

}  // namespace weir::cluster
