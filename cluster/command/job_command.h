#pragma once

#include <string>
#include <utility>
#include <vector>

#include "weir/host/real_host.h"

#include "exit_status.h"
#include "output_format.h"

namespace weir::cluster {

/// Which cluster a command talks to.
struct ClusterAddress {
  std::string directory = ".";  ///< where its token is, and its address unless given
  std::string job_manager;      ///< "host:port" of its page; empty: that of the directory, else localhost:8081
  std::string tls_ca;           ///< the page is TLS and has a certificate of this CA; empty: what the directory says
};

struct RunArguments {
  ClusterAddress cluster;
  bool detached = false;
  std::uint32_t parallelism = 0;  ///< 0: the cluster's
  std::string savepoint;
  bool allow_non_restored_state = false;
  bool claim = false;                ///< the savepoint becomes the job's
  std::vector<std::string> options;  ///< "key=value"
  std::vector<std::string> job;      ///< its program, then its arguments
};

enum class Jobs : std::uint8_t { kAll, kRunning };

// Commands about jobs. They print, and block. Errors: UsageError, UserError, ExternalError.

// In JSON each prints one document and nothing else.

ExitStatus run_job(host::RealHost& host, const RunArguments& arguments, OutputFormat format);
ExitStatus show_plan(host::RealHost& host, const RunArguments& arguments, OutputFormat format);
ExitStatus list_jobs(host::RealHost& host, const ClusterAddress& cluster, Jobs which, OutputFormat format);
ExitStatus cancel_job(host::RealHost& host, const ClusterAddress& cluster, const std::string& id, OutputFormat format);
/// `stop`: the job ends with it.
ExitStatus make_savepoint(host::RealHost& host, const ClusterAddress& cluster, const std::string& id,
                          const std::string& directory, bool stop, OutputFormat format);
/// `of`: "jobmanager" or a TaskManager's id; empty: lists the files.
ExitStatus show_logs(host::RealHost& host, const std::string& directory, const std::string& of, bool out,
                     OutputFormat format);

}  // namespace weir::cluster
