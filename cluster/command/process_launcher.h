#pragma once

#include <optional>
#include <string>

#include "weir/cluster/conversation.h"
#include "weir/cluster/worker_launcher.h"
#include "weir/host/real_host.h"
#include "weir/host/tls_host.h"

namespace weir::cluster {

/// How workers talk to others of their jobs.
struct WorkerLinks {
  std::string bind;                   ///< where they listen
  std::optional<host::TlsFiles> tls;  ///< nothing: not with TLS
  HeartbeatLimits limits;             ///< towards each other and the TaskManager
};

/// Starts workers as processes. Thread: control loop only.
class ProcessLauncher final : public WorkerLauncher {
 public:
  /// What workers print is appended to `stdout_file`, what they say on standard error to `log_file`; both absolute.
  /// Requires: `host` outlives it and its workers.
  ProcessLauncher(host::RealHost& host, std::string stdout_file, std::string log_file, WorkerLinks links)
      : host_(host), stdout_file_(std::move(stdout_file)), log_file_(std::move(log_file)), links_(std::move(links)) {}

  std::unique_ptr<Worker> launch(const StartWorker& start, Events events) override;

 private:
  host::RealHost& host_;
  const std::string stdout_file_;
  const std::string log_file_;
  const WorkerLinks links_;
};

}  // namespace weir::cluster
