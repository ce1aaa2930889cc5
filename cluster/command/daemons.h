#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "weir/core/time.h"
#include "weir/host/real_host.h"

#include "exit_status.h"
#include "tls_settings.h"

namespace weir::cluster {

struct JobManagerArguments {
  std::string directory = ".";
  std::uint16_t port = 8081;
  std::uint16_t control_port = 6123;
  std::string bind = "localhost";
  std::uint32_t parallelism = 1;
  std::uint32_t restart_attempts = 3;
  std::uint32_t restart_delay_ms = 1000;
  std::uint32_t heartbeat_ms = 2000;
  std::uint32_t heartbeat_timeout_ms = 10'000;
  TlsArguments tls;
  std::optional<int> ready_descriptor;  ///< told when it is up, see DaemonReady
};

struct TaskManagerArguments {
  std::string directory = ".";
  std::uint32_t number = 0;
  std::uint32_t slots = 0;         ///< 0: one for each core
  std::string job_manager;         ///< empty: that of the directory
  std::string bind = "localhost";  ///< where its workers listen for others of their jobs
  std::uint32_t heartbeat_ms = 2000;
  std::uint32_t heartbeat_timeout_ms = 10'000;
  host::TlsFiles tls;  ///< empty: those of the directory's JobManager, if it has any
  std::optional<int> ready_descriptor;
};

// The daemons' processes. They return when a signal ended them. Errors: UsageError, ExternalError.

ExitStatus run_job_manager(host::RealHost& host, const JobManagerArguments& arguments);
ExitStatus run_task_manager(host::RealHost& host, const TaskManagerArguments& arguments);

}  // namespace weir::cluster
