#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/fields.h"

// What a running or ended job tells about itself: what the page, the REST routes and the metrics show, whether the job
// is in this process or reports from another. Plain values; their fields have names, so they can be sent.
//
// Times are milliseconds since the epoch by the wall clock, -1 where there is none yet. Counters begin with the job and
// go on across its restarts in one process: what is read again counts again.

namespace weir::runtime {

enum class JobState : std::uint8_t {
  kCreated,
  kRunning,
  kRestarting,
  kFailing,
  kCancelling,
  kFailed,
  kCanceled,
  kFinished,
};

enum class TaskState : std::uint8_t {
  kCreated,
  kDeploying,
  kInitializing,  ///< its state comes back
  kRunning,
  kCanceled,
  kFailed,
  kFinished,
};

/// Flink's words: "RUNNING".
const char* to_string(JobState state);
const char* to_string(TaskState state);

/// The state, and when the job or task came into it.
struct JobStateChange {
  JobState state = JobState::kCreated;
  std::int64_t at_ms = -1;
};
WEIR_FIELDS(JobStateChange, state, at_ms);

/// One state of an operator in memory.
struct StateMemory {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;       ///< in memory
  std::uint64_t entries_cold = 0;  ///< on disk alone
};
WEIR_FIELDS(StateMemory, name, bytes, entries, entries_cold);

/// What an operator's keyed state takes in a subtask, and what was done to keep it small.
struct OperatorMemory {
  std::string name;
  std::uint64_t share = 0;  ///< bytes that it may take; 0: no limit
  std::uint64_t bytes = 0;  ///< of all states, and of rows on their way to disk
  std::uint64_t evictions = 0;
  std::uint64_t rows_ahead = 0;    ///< read back together, ahead of batches
  std::uint64_t rows_at_once = 0;  ///< read back while the task waited
  std::vector<StateMemory> states;

  /// Adds that of another subtask, with the same states.
  OperatorMemory& operator+=(const OperatorMemory& other);
};
WEIR_FIELDS(OperatorMemory, name, share, bytes, evictions, rows_ahead, rows_at_once, states);

/// One subtask of a vertex.
struct SubtaskStatus {
  std::uint32_t index = 0;
  std::uint32_t attempt = 0;  ///< from 0
  TaskState state = TaskState::kCreated;
  std::int64_t started_ms = -1;
  std::int64_t ended_ms = -1;
  std::uint64_t records_in = 0;   ///< of the first operator; a source has none
  std::uint64_t records_out = 0;  ///< of the last operator; a sink has none
  std::uint64_t bytes_in = 0;     ///< of batches that came through channels
  std::uint64_t bytes_out = 0;
  std::uint64_t late = 0;
  std::uint64_t malformed = 0;
  std::uint64_t far_future = 0;
  // What its time went to, in all attempts; deploying and bringing state back is busy.
  std::uint64_t busy_ns = 0;                 ///< with something to do, or waiting for the outside
  std::uint64_t idle_ns = 0;                 ///< without input
  std::uint64_t back_pressured_ns = 0;       ///< with something to send, without room for it
  std::optional<std::int64_t> watermark_ms;  ///< of the last operator of the chain
  std::uint64_t alignment_ns = 0;            ///< of the last barrier
  std::vector<OperatorMemory> memory;        ///< of the attempt at hand; operators with keyed state
};
WEIR_FIELDS(SubtaskStatus, index, attempt, state, started_ms, ended_ms, records_in, records_out, bytes_in, bytes_out,
            late, malformed, far_future, busy_ns, idle_ns, back_pressured_ns, watermark_ms, alignment_ns, memory);

/// An exchange into a vertex.
struct VertexInput {
  std::uint32_t vertex = 0;   ///< index of the one it comes from
  std::string ship_strategy;  ///< FORWARD, HASH, REBALANCE, BROADCAST
};
WEIR_FIELDS(VertexInput, vertex, ship_strategy);

/// A task of the plan: a chain of operators.
struct VertexStatus {
  std::string id;  ///< 32 hex digits, the same in every run of the same graph
  std::string name;
  std::vector<std::string> operators;
  std::uint32_t parallelism = 1;
  std::vector<VertexInput> inputs;
  std::vector<SubtaskStatus> subtasks;
};
WEIR_FIELDS(VertexStatus, id, name, operators, parallelism, inputs, subtasks);

enum class CheckpointState : std::uint8_t { kInProgress, kCompleted, kFailed };
const char* to_string(CheckpointState state);

/// What one vertex had to do with a checkpoint.
struct CheckpointTaskStatus {
  std::uint32_t vertex = 0;
  std::uint32_t acknowledged = 0;  ///< subtasks
  std::uint32_t subtasks = 0;
  std::int64_t latest_ack_ms = -1;
  std::uint64_t state_bytes = 0;
  std::uint64_t alignment_ns = 0;  ///< the longest
};
WEIR_FIELDS(CheckpointTaskStatus, vertex, acknowledged, subtasks, latest_ack_ms, state_bytes, alignment_ns);

struct CheckpointStatus {
  std::uint64_t id = 0;
  CheckpointState state = CheckpointState::kInProgress;
  bool savepoint = false;
  bool final = false;
  bool discarded = false;  ///< completed, and its files are no longer kept
  std::int64_t trigger_ms = -1;
  std::int64_t latest_ack_ms = -1;
  std::int64_t ended_ms = -1;
  std::uint64_t state_bytes = 0;
  std::uint64_t new_bytes = 0;  ///< that no earlier checkpoint had
  std::uint64_t entries = 0;
  std::uint64_t alignment_ns = 0;  ///< the longest
  std::uint32_t acknowledged = 0;
  std::uint32_t subtasks = 0;
  std::string external_path;    ///< where it lies, once completed
  std::string failure_message;  ///< failed: why
  std::vector<CheckpointTaskStatus> tasks;
};
WEIR_FIELDS(CheckpointStatus, id, state, savepoint, final, discarded, trigger_ms, latest_ack_ms, ended_ms, state_bytes,
            new_bytes, entries, alignment_ns, acknowledged, subtasks, external_path, failure_message, tasks);

struct RestoredCheckpoint {
  std::uint64_t id = 0;
  std::int64_t at_ms = -1;
  bool savepoint = false;
  std::string external_path;
};
WEIR_FIELDS(RestoredCheckpoint, id, at_ms, savepoint, external_path);

/// How checkpoints are taken, and what they came to.
struct CheckpointsStatus {
  std::string directory;
  std::int64_t interval_ms = 0;
  std::int64_t timeout_ms = 0;
  std::int64_t min_pause_ms = 0;
  std::uint32_t retained = 0;
  bool keep_on_cancel = true;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t restored = 0;
  std::vector<CheckpointStatus> history;  ///< the newest last; a bounded number
  std::optional<RestoredCheckpoint> latest_restored;
};
WEIR_FIELDS(CheckpointsStatus, directory, interval_ms, timeout_ms, min_pause_ms, retained, keep_on_cancel, completed,
            failed, restored, history, latest_restored);

/// What ended an attempt.
struct ExceptionStatus {
  std::int64_t at_ms = -1;
  std::string where;  ///< task and subtask, as messages name it
  std::string message;
};
WEIR_FIELDS(ExceptionStatus, at_ms, where, message);

/// Everything of one job.
struct JobStatus {
  std::string name;
  JobState state = JobState::kCreated;
  std::vector<JobStateChange> changes;  ///< the newest last; a bounded number
  std::int64_t started_ms = -1;
  std::int64_t ended_ms = -1;
  std::int64_t now_ms = -1;  ///< when this was told
  std::uint32_t restarts = 0;
  std::uint32_t parallelism = 1;
  std::uint32_t key_groups = 0;
  std::vector<VertexStatus> vertices;  ///< sources first, every one behind those that it reads from
  std::optional<CheckpointsStatus> checkpoints;
  std::vector<ExceptionStatus> exceptions;  ///< the newest last; a bounded number
};
WEIR_FIELDS(JobStatus, name, state, changes, started_ms, ended_ms, now_ms, restarts, parallelism, key_groups, vertices,
            checkpoints, exceptions);

/// For another process.
std::string encode_status(const JobStatus& status);
/// Errors: UserError when a build of Weir whose status has other fields encoded it; CorruptionError.
JobStatus decode_status(std::string_view bytes);

}  // namespace weir::runtime
