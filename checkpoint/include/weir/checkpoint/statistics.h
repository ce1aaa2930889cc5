#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/ids.h"
#include "weir/core/time.h"

namespace weir::checkpoint {

/// A checkpoint that was completed.
struct CompletedStatistics {
  CheckpointId checkpoint{};
  MonotonicTime completed{};
  std::chrono::nanoseconds duration{0};     ///< from its trigger to its completion
  std::chrono::nanoseconds alignment{0};    ///< the longest of a task
  std::chrono::nanoseconds slowest_ack{0};  ///< from its trigger to its last acknowledgement
  std::uint64_t aligned_batches = 0;        ///< in all tasks
  std::uint64_t state_bytes = 0;            ///< of all its state files
  std::uint64_t new_bytes = 0;              ///< of those that no earlier checkpoint had
  std::uint64_t entries = 0;                ///< of keyed state
};

/// A checkpoint that is being taken.
struct PendingStatistics {
  CheckpointId checkpoint{};
  MonotonicTime triggered{};
  std::uint32_t acknowledged = 0;  ///< subtasks
  std::uint32_t subtasks = 0;
  bool final = false;
};

/// What one task has done for a checkpoint.
struct TaskRecord {
  std::uint32_t acknowledged = 0;  ///< subtasks
  std::uint32_t subtasks = 0;
  std::optional<Timestamp> last_ack;
  std::uint64_t state_bytes = 0;          ///< in its state files
  std::chrono::nanoseconds alignment{0};  ///< the longest
};

/// What became of a checkpoint that this process began. Times are by the wall clock.
struct CheckpointRecord {
  enum class State : std::uint8_t { kInProgress, kCompleted, kFailed };

  CheckpointId checkpoint{};
  State state = State::kInProgress;
  bool final = false;
  bool savepoint = false;
  bool discarded = false;  ///< completed, and later ones have taken its place
  Timestamp triggered{};
  std::optional<Timestamp> ended;
  std::vector<TaskRecord> tasks;
  CompletedStatistics statistics;  ///< of a completed one
  std::string path;                ///< of a completed one: its directory
  std::string failure;             ///< of a failed one: why
};

/// A checkpoint that an attempt began with.
struct RestoredRecord {
  CheckpointId checkpoint{};
  Timestamp at{};  ///< when it was found
  std::string path;
  bool savepoint = false;
};

/// What a job's checkpoints come to, for a status line.
struct Statistics {
  std::uint64_t completed = 0;  ///< by this process
  std::uint64_t failed = 0;     ///< by this process
  std::uint64_t cut_off = 0;    ///< not failed: the attempt that took it ended first
  std::uint32_t failed_in_a_row = 0;
  std::string last_failure;            ///< why; empty: none
  std::uint64_t refused_acks = 0;      ///< of an earlier attempt or another checkpoint
  std::uint64_t undelivered = 0;       ///< pieces of output that are completed and not known to be delivered
  std::uint64_t failed_clean_ups = 0;  ///< files that nothing needs stayed where they are
  std::optional<CheckpointId> restored;
  std::uint64_t restores = 0;  ///< attempts, of this process, that began with a checkpoint
  std::optional<RestoredRecord> last_restore;
  std::optional<CompletedStatistics> last;
  std::optional<PendingStatistics> pending;
};

}  // namespace weir::checkpoint
