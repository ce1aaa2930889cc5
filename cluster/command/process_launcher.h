#pragma once

#include <string>

#include "weir/cluster/conversation.h"
#include "weir/cluster/worker_launcher.h"
#include "weir/host/real_host.h"

namespace weir::cluster {

/// Starts workers as processes. Thread: control loop only.
class ProcessLauncher final : public WorkerLauncher {
 public:
  /// What workers print is appended to `stdout_file`, what they say on standard error to `log_file`; both absolute.
  /// Requires: `host` outlives it and its workers.
  ProcessLauncher(host::RealHost& host, std::string stdout_file, std::string log_file)
      : host_(host), stdout_file_(std::move(stdout_file)), log_file_(std::move(log_file)) {}

  std::unique_ptr<Worker> launch(const StartWorker& start, Events events) override;

 private:
  host::RealHost& host_;
  const std::string stdout_file_;
  const std::string log_file_;
};

}  // namespace weir::cluster
