#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "weir/cluster/conversation.h"
#include "weir/host/tls_host.h"

namespace weir::detail {

/// What a program of a job was started for, by the environment that a cluster gives it.
struct Launch {
  enum class Mode : std::uint8_t {
    kEmbedded,  ///< by a user: the whole engine in this process
    kPlan,      ///< to say what it would run, and end
    kWorker,    ///< by a TaskManager: the job, or a part of it, told what to do over a socket
  };

  Mode mode = Mode::kEmbedded;
  int descriptor = -1;     ///< kPlan, kWorker: of the socket
  std::string from;        ///< kPlan: the directory of a job or savepoint to be compared with; empty: none
  std::string checkpoint;  ///< kPlan: of `from`, as to_string(CheckpointName)
  std::string job;         ///< kWorker: the job's id in its cluster
  std::string graph;       ///< kWorker: graph_mark() of the plan that was accepted

  /// kWorker: towards its TaskManager and the job's other processes.
  cluster::HeartbeatLimits limits;

  // kWorker, when the job has several processes.
  std::vector<std::uint32_t> placement;  ///< by slot: the process; empty: there is one
  std::uint32_t process = 0;             ///< which one this is; 0 leads
  std::uint64_t attempt = 0;             ///< of the JobManager
  std::string secret;
  std::string host = "localhost";  ///< where this process listens for the others
  host::TlsFiles tls;              ///< with which it talks to them; empty: not with TLS
  std::string leader_host;         ///< of the others: where to join
  std::uint16_t leader_port = 0;
};

/// Takes out of `variables` what is no option of the engine: WEIR_PLAN_*, WEIR_WORKER_*, and WEIR_CLUSTER_DIR, which
/// the command `weir` reads. Errors: UsageError for what no cluster sets.
Launch take_launch(std::map<std::string, std::string>& variables);

/// What two processes compare to know that they have built the same graph: its fingerprint, and its plan in words.
std::string graph_mark(std::uint64_t fingerprint, const std::string& plan_text);

}  // namespace weir::detail
