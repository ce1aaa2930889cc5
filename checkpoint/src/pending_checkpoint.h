#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/checkpoint/coordinator.h"
#include "weir/checkpoint/delivery_book.h"
#include "weir/checkpoint/manifest.h"
#include "weir/checkpoint/statistics.h"
#include "weir/core/host.h"
#include "weir/core/ids.h"
#include "weir/core/snapshot.h"
#include "weir/core/time.h"

namespace weir::checkpoint {

/// A moment by both clocks.
struct Moment {
  MonotonicTime monotonic;
  Timestamp wall;
};

/// A checkpoint from its trigger to its last acknowledgement.
class PendingCheckpoint {
 public:
  PendingCheckpoint(Trigger trigger, Moment triggered, const std::vector<CoordinatedTask>& tasks);

  const Trigger& trigger() const { return trigger_; }

  /// False: the subtask has acknowledged before.
  bool acknowledge(TaskIndex task, SubtaskIndex subtask, TaskSnapshot snapshot, Moment now);
  bool complete() const { return missing_ == 0; }

  /// "'counts' (2/4)", of the second of four subtasks.
  std::string describe(TaskIndex task, SubtaskIndex subtask) const;

  /// Those that have not acknowledged; a few of many.
  std::string describe_missing() const;

  PendingStatistics statistics() const;
  const CheckpointRecord& record() const { return record_; }

  /// What writers told as staged, by sink in the order of subtasks. Requires: complete().
  std::vector<SinkOutputs> told() const;

  /// What the acknowledgements add up to; `staged` is moved out of the operators. Requires: complete(), called once.
  std::vector<OperatorSnapshot> take_operators();

  /// Requires: complete(). `manifest` is what came of it.
  CompletedStatistics completed_statistics(const Manifest& manifest, MonotonicTime now) const;

 private:
  Trigger trigger_;
  MonotonicTime triggered_;
  MonotonicTime last_ack_{};
  CheckpointRecord record_;
  std::vector<std::string> names_;                              ///< by task
  std::vector<std::vector<std::optional<TaskSnapshot>>> acks_;  ///< by task and subtask
  std::uint32_t subtasks_ = 0;
  std::uint32_t missing_ = 0;
  std::uint64_t alignment_ns_ = 0;
  std::uint64_t aligned_batches_ = 0;
};

/// Every operator of the shape is in all of its subtasks or in none, once, and the key groups of its keyed state are
/// all there, once. Errors: Error (Internal) naming the operator: such a checkpoint must not exist.
void require_total(const JobShape& shape, const std::vector<OperatorSnapshot>& operators);

}  // namespace weir::checkpoint
