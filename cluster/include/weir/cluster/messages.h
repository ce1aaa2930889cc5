#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "weir/cluster/cluster_view.h"

// What a JobManager, its TaskManagers and their workers say to each other. A TaskManager connects to its JobManager and
// says Hello first; a worker inherits a socket to its TaskManager, where nothing needs to be introduced.

namespace weir::cluster {

/// Of the wire: peers of another version are refused.
inline constexpr std::uint32_t kProtocolVersion = 1;

using Variables = std::vector<std::pair<std::string, std::string>>;

/// One try to run a job, in one worker process. What an older one says counts no more.
struct WorkerName {
  JobId job;
  std::uint64_t attempt = 0;

  friend auto operator<=>(const WorkerName&, const WorkerName&) = default;
};

/// TaskManager to JobManager, first of all.
struct Hello {
  std::uint32_t version = kProtocolVersion;
  std::string cluster;
  std::string token;
  std::string node;               ///< the TaskManager's id: the same when it connects again
  std::uint64_t incarnation = 0;  ///< of the JobManager that it knew; 0: none
  std::uint32_t slots = 1;
  std::uint32_t cores = 1;
  std::uint64_t physical_memory = 0;
  std::uint64_t process_id = 0;
  std::string host;
  std::string log_file;
  std::string stdout_file;
  std::vector<WorkerName> running;
};

/// The answer. A TaskManager that knew another incarnation ends all its workers.
struct Welcome {
  std::uint32_t version = kProtocolVersion;
  std::string cluster;
  std::uint64_t incarnation = 0;
};

/// The other answer; the connection is closed behind it.
struct Refused {
  std::string reason;
};

/// Both ways, once an interval. The conversation itself counts them.
struct Heartbeat {
  std::uint64_t used_memory = 0;  ///< a TaskManager's, with its workers
  std::uint64_t number = 0;       ///< 1, 2, 3 ... on one connection
  std::uint64_t answers = 0;      ///< the number of the last one that came the other way; 0: none has
};

/// JobManager to TaskManager.
struct StartWorker {
  WorkerName worker;
  std::string program;
  std::vector<std::string> arguments;
  std::string directory;  ///< it works in
  Variables variables;    ///< of its environment
  std::uint32_t slots = 1;
};

/// JobManager to TaskManager: end it at once.
struct StopWorker {
  WorkerName worker;
};

/// JobManager to TaskManager to worker.
struct JobCommand {
  enum class Kind : std::uint8_t { kCancel, kCheckpoint, kSavepoint, kStop };
  WorkerName worker;
  Kind kind = Kind::kCancel;
  std::string trigger;    ///< the answer has it, too
  std::string directory;  ///< for a savepoint
};

/// Worker to TaskManager to JobManager, as all that follow.
struct CommandResult {
  WorkerName worker;
  std::string trigger;
  std::string location;
  std::string failure;  ///< empty: it went well
};

/// Now and then.
struct JobReport {
  WorkerName worker;
  std::string status;  ///< encode_status()
};

/// The job has come to an end, by its last status; the worker is about to end.
struct JobEnded {
  WorkerName worker;
  std::string status;  ///< encode_status()
};

/// The worker's process is gone; said by the TaskManager.
struct WorkerEnded {
  WorkerName worker;
  std::string what;         ///< "was killed by signal 11 (Segmentation fault)"
  std::string last_words;   ///< the last lines of its standard error
  bool on_purpose = false;  ///< its TaskManager killed it
  bool in_order = false;    ///< it exited with status 0
};

// ---- A job of several workers: one leads, the others join it.

/// Worker to TaskManager to JobManager: the job's other workers are to join it there.
struct WorkerReady {
  WorkerName worker;
  std::string host;
  std::uint16_t port = 0;
};

/// Worker to the one that leads, first of all.
struct JoinJob {
  WorkerName worker;
  std::string secret;         ///< of the attempt
  std::uint32_t process = 0;  ///< of the job's processes
  std::string exchange_host;  ///< where it takes connections for its exchange
  std::uint16_t exchange_port = 0;
  std::string exchange_here = {};  ///< and those of processes of its machine; or empty
};

/// Both ways from then on: job_talk.h.
struct JobTalkBytes {
  std::string bytes;
};

using Message = std::variant<Hello, Welcome, Refused, Heartbeat, StartWorker, StopWorker, JobCommand, CommandResult,
                             JobReport, JobEnded, WorkerEnded, WorkerReady, JoinJob, JobTalkBytes>;

/// For messages about messages: "Hello".
std::string_view name_of(const Message& message);

std::string encode_message(const Message& message);

/// Errors: ExternalError for bytes that are no message of this version.
Message decode_message(std::string_view bytes);

}  // namespace weir::cluster
