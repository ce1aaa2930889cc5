#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/host.h"
#include "weir/core/ids.h"
#include "weir/core/snapshot.h"
#include "weir/core/source.h"
#include "weir/runtime/deliveries.h"
#include "weir/runtime/gate.h"
#include "weir/runtime/stage_state.h"
#include "weir/runtime/task_metrics.h"

namespace weir::runtime {

/// A task's part in checkpoints: notes what each stage holds as a barrier passes it, sees it into safety between
/// batches, and brings it all back into a new attempt.
///
/// One snapshot is taken at a time: a barrier that comes while one is unfinished passes, and its checkpoint is
/// declined. Thread: task thread only.
class TaskSnapshots {
 public:
  struct Events {
    std::function<void(CheckpointId, TaskSnapshot)> acknowledge;
    std::function<void(CheckpointId, std::string why)> decline;
  };

  TaskSnapshots(Host& host, std::vector<StageState> stages, Events events);

  // ---- Going on from a checkpoint.

  /// Before operators are opened: their keyed state will know what is coming.
  void expect();
  /// After operators were opened: begins to bring keyed state back. Errors: UserError for a state that an operator does
  /// not have any more.
  void start_restore();
  /// True once, and from then on, everything is back; otherwise the task is notified. Errors: what made it fail.
  bool restored();
  /// The watermark that had passed the task's gate; none() without a checkpoint. At another parallelism: the least of
  /// all subtasks', which all of them had passed; operators that knew more have it from their own values.
  /// Requires: restored().
  Watermark floor() const;
  /// The values of one split, for the operators chained to the source.
  void restore_split(SplitIndex index, const SavedSplit& split);

  // ---- Taking snapshots.

  /// Whether a barrier may come through the task: what leaves memory just now must be written first, and nothing more
  /// begins to. False: ask again after work(), which the task is notified to call.
  bool ready_for_barrier();

  /// A barrier has come through the task's gate.
  void begin(CheckpointId checkpoint, const Gate& gate);
  /// A barrier is about to leave the source: `splits` tells where it goes on behind the barrier. Operators chained to
  /// it add what they keep for each, by its index.
  void begin_at_source(CheckpointId checkpoint, std::vector<Split> splits, bool all_splits);

  /// The barrier is about to leave a stage. Called once for each stage with an operator.
  void stage_passed(std::size_t stage, CheckpointId checkpoint);

  /// Goes on with what is unfinished, for about 100 us. True: there is more to do at once; false: nothing, or helper
  /// threads work (the task is notified). Errors: what makes the task useless.
  bool work();

  /// State has taken more than its share of memory, and work() is to change that before anything else is handled.
  bool full() const;

  /// Brings up to date what keyed states take.
  void tell_memory(TaskMemory& memory) const;

  /// The checkpoint is completed: what was told of it need not be told again.
  void completed(CheckpointId checkpoint);

  // ---- The end of the input of a job without checkpoints.

  /// Stages what sinks have.
  void stage_all();
  /// All is staged: what. Nothing: the task is notified.
  std::optional<std::vector<SinkDelivery>> all_staged();

 private:
  struct Pending {
    CheckpointId checkpoint;
    std::size_t stages_left;  ///< that the barrier has not passed
    TaskSnapshot snapshot;
    std::vector<bool> done;  ///< by stage
  };

  static void restore(StageState& stage);
  bool begin(CheckpointId checkpoint);
  /// Why a snapshot cannot begin; empty: it can.
  std::string obstacle();
  bool finish(std::size_t stage);
  /// Whether a drain has ended in vain; keeps the reason.
  static bool note_failure(StageState& stage);
  void decline(CheckpointId checkpoint, std::string why);

  Host& host_;
  std::vector<StageState> stages_;
  Events events_;
  std::size_t operators_ = 0;
  bool restored_ = false;
  std::optional<Pending> pending_;
};

}  // namespace weir::runtime
