#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/runtime/job_status.h"

// What REST, the page and the metrics are told about a cluster and may ask of it, whether that is a JobManager with its
// TaskManagers or one job that runs in this process.

namespace weir::cluster {

/// A job's id: 32 hex digits, lower case.
using JobId = std::string;

struct JobEntry {
  JobId id;
  std::shared_ptr<const runtime::JobStatus> status;  ///< never null
  /// By vertex and subtask, the id of the TaskManager that runs it; may be shorter: then unknown.
  std::vector<std::vector<std::string>> task_managers;
  /// What the job was started with: options (weir.*) and arguments.
  std::vector<std::pair<std::string, std::string>> configuration;
};

struct TaskManagerStatus {
  std::string id;
  std::string address;      ///< host:port, or where else it is reached
  std::string log_file;     ///< empty: none
  std::string stdout_file;  ///< empty: none
  std::int64_t last_heartbeat_ms = -1;
  std::uint32_t slots = 0;
  std::uint32_t free_slots = 0;
  std::uint32_t cores = 0;
  std::uint64_t physical_memory = 0;  ///< bytes
  std::uint64_t used_memory = 0;      ///< bytes, of its processes
  std::uint64_t process_id = 0;
};

/// A program that was uploaded to be run.
struct UploadedProgram {
  std::string id;    ///< "<hash>_<name>"
  std::string name;  ///< as it was uploaded
  std::int64_t uploaded_ms = -1;
};

struct RunRequest {
  std::string program;                                       ///< UploadedProgram::id
  std::vector<std::string> arguments;                        ///< of the job
  std::vector<std::pair<std::string, std::string>> options;  ///< weir.* without the prefix
  std::string directory;                                     ///< it works in; empty: the cluster's
  std::string savepoint;                                     ///< where to go on from; empty: the beginning
  bool allow_non_restored_state = false;
};

/// How an asynchronous operation on a job gets on, under the trigger id that its request was answered with.
struct OperationStatus {
  enum class State : std::uint8_t { kInProgress, kCompleted, kFailed };
  State state = State::kInProgress;
  std::string location;  ///< of the savepoint; or the checkpoint's id
  std::string failure;
};

/// Thread: control loop only. Answers to callbacks come on the control loop, also from within the call. Errors: of the
/// calls, UserError with a message for the user; an id that is unknown is std::nullopt or false.
class ClusterView {
 public:
  virtual ~ClusterView() = default;

  virtual std::string version() const = 0;
  virtual std::vector<std::pair<std::string, std::string>> configuration() const = 0;
  virtual std::string log_file() const { return {}; }  ///< of the JobManager; empty: none

  virtual std::vector<JobEntry> jobs() const = 0;  ///< the newest first
  virtual std::optional<JobEntry> job(const JobId& id) const = 0;
  virtual std::vector<TaskManagerStatus> task_managers() const = 0;

  /// Ends the job. `done` is told when that will happen whatever else does, also a crash; or an error: the job ends,
  /// unless there is a crash before. False: no such job, and `done` is told nothing.
  using Cancelled = std::function<void(std::exception_ptr)>;
  virtual bool cancel(const JobId& id, Cancelled done) = 0;

  // ---- Asynchronous operations. They return the trigger id under which operation() tells more; nullopt: no such job.

  /// A checkpoint now, kept like any other.
  virtual std::optional<std::string> checkpoint(const JobId& id) = 0;
  /// A savepoint in a new directory below `directory`; the job ends with it if `stop`.
  enum class AfterSavepoint : std::uint8_t { kRunsOn, kStops };
  virtual std::optional<std::string> savepoint(const JobId& id, const std::string& directory, AfterSavepoint after) = 0;
  virtual std::optional<OperationStatus> operation(const JobId& id, const std::string& trigger) const = 0;

  // ---- Programs; a process with one job has none.

  virtual bool takes_programs() const { return false; }
  virtual std::vector<UploadedProgram> programs() const { return {}; }
  /// A file that was received whole, which the callee takes.
  using Added = std::function<void(UploadedProgram, std::exception_ptr)>;
  virtual void add_program(const std::string& name, const std::string& file, Added done) = 0;
  virtual bool remove_program(const std::string& id) = 0;
  using Submitted = std::function<void(JobId, std::exception_ptr)>;
  virtual void run(const RunRequest& request, Submitted done) = 0;
};

}  // namespace weir::cluster
