#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "weir/core/fields.h"
#include "weir/core/ids.h"
#include "weir/core/snapshot.h"
#include "weir/runtime/deliveries.h"

// What the processes of one job say to each other: the one that leads and the others. They are the same program, so
// values are written in the codec of values. Every message has the number of the attempt, as the leader counts them:
// what belongs to an earlier one counts no more.

namespace weir::cluster {

/// Where a process takes connections for its exchange.
struct ExchangeAddress {
  std::string host;
  std::uint16_t port = 0;
  std::string here = {};  ///< for processes of its machine: the host of a unix socket; empty: there is none
};
WEIR_FIELDS(ExchangeAddress, host, port, here);

// ---- Orders of the leader.

struct BeginTasks {
  std::uint64_t turn = 0;
  bool checkpoints = false;
  AttemptId attempt{};
  GenerationId generation{};
  std::string from;                        ///< encode_manifest(); empty: the beginning
  std::vector<ExchangeAddress> exchanges;  ///< by process
};
WEIR_FIELDS(BeginTasks, turn, checkpoints, attempt, generation, from, exchanges);

struct EndTasks {
  std::uint64_t turn = 0;
};
WEIR_FIELDS(EndTasks, turn);

struct AssignSplit {
  std::uint64_t turn = 0;
  TaskIndex task{};
  SubtaskIndex subtask{};
  std::string id;
  std::string position;
};
WEIR_FIELDS(AssignSplit, turn, task, subtask, id, position);

struct NoMoreSplits {
  std::uint64_t turn = 0;
  TaskIndex task{};
  SubtaskIndex subtask{};
};
WEIR_FIELDS(NoMoreSplits, turn, task, subtask);

struct TriggerBarrier {
  std::uint64_t turn = 0;
  CheckpointId checkpoint{};
  std::string base;  ///< encode_manifest(); empty: none
  bool final = false;
  bool savepoint = false;
  bool stop = false;  ///< sources read nothing behind it
};
WEIR_FIELDS(TriggerBarrier, turn, checkpoint, base, final, savepoint, stop);

struct CheckpointCompleted {
  std::uint64_t turn = 0;
  CheckpointId checkpoint{};
};
WEIR_FIELDS(CheckpointCompleted, turn, checkpoint);

/// The job has come to its end: nothing more is to be done.
struct JobOver {
  std::uint64_t turn = 0;
};
WEIR_FIELDS(JobOver, turn);

// ---- What the others tell.

struct TaskAcknowledged {
  std::uint64_t turn = 0;
  CheckpointId checkpoint{};
  TaskIndex task{};
  SubtaskIndex subtask{};
  std::string snapshot;  ///< encode_snapshot()
};
WEIR_FIELDS(TaskAcknowledged, turn, checkpoint, task, subtask, snapshot);

struct TaskDeclined {
  std::uint64_t turn = 0;
  CheckpointId checkpoint{};
  TaskIndex task{};
  SubtaskIndex subtask{};
  std::string why;
};
WEIR_FIELDS(TaskDeclined, turn, checkpoint, task, subtask, why);

/// Without checkpoints: a subtask has handled all input.
struct SubtaskEnded {
  struct Output {
    NodeId sink{};
    CheckpointId checkpoint{};
    SubtaskIndex subtask{};
    std::string handle;
  };
  std::uint64_t turn = 0;
  std::vector<Output> staged;
};
WEIR_FIELDS(SubtaskEnded::Output, sink, checkpoint, subtask, handle);
WEIR_FIELDS(SubtaskEnded, turn, staged);

struct SourceExhausted {
  std::uint64_t turn = 0;
};
WEIR_FIELDS(SourceExhausted, turn);

struct TasksFailed {
  std::uint64_t turn = 0;
  std::string where;
  std::string what;
  bool retry = true;
  std::vector<std::pair<std::string, std::string>> damaged;  ///< state files, and what is wrong with them
};
WEIR_FIELDS(TasksFailed, turn, where, what, retry, damaged);

/// The connection to another process, for records, is gone or cannot be made.
struct ExchangeLost {
  std::uint64_t turn = 0;
  std::string why;
};
WEIR_FIELDS(ExchangeLost, turn, why);

/// Now and then.
struct TasksCounted {
  std::uint64_t turn = 0;
  std::string report;  ///< runtime::encode_report()
};
WEIR_FIELDS(TasksCounted, turn, report);

using JobTalk =
    std::variant<BeginTasks, EndTasks, AssignSplit, NoMoreSplits, TriggerBarrier, CheckpointCompleted, TaskAcknowledged,
                 TaskDeclined, SubtaskEnded, SourceExhausted, TasksFailed, ExchangeLost, TasksCounted, JobOver>;

std::string encode_talk(const JobTalk& talk);
/// Errors: CorruptionError.
JobTalk decode_talk(std::string_view bytes);

/// What a task acknowledges, with its staged output. `key_groups`: the job's.
std::string encode_snapshot(const TaskSnapshot& snapshot, std::uint32_t key_groups);
/// Errors: CorruptionError.
TaskSnapshot decode_snapshot(std::string_view bytes);

}  // namespace weir::cluster
