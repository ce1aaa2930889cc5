#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "weir/core/host.h"
#include "weir/core/ids.h"
#include "weir/core/operator.h"
#include "weir/core/staged_output.h"

namespace weir {

class SavedValues;

/// How often a result can be seen after failures.
enum class Guarantee : std::uint8_t { kAtLeastOnce, kExactlyOnce };

/// Writes the records of one subtask to the outside: stages them first, delivers them later.
///
/// Staged output is invisible. stage() begins to make everything written so far safe, and staged() names it when that
/// is done; Sink::deliver() makes it visible after its checkpoint, or, in a job without checkpoints, when all has
/// ended. A sink that shows records at once (print) has nothing to deliver. Thread: task thread only; what blocks goes
/// through Host::blocking (Stop::kBlocked).
class SinkWriter {
 public:
  virtual ~SinkWriter() = default;

  /// Called once, before anything else. `context` lives as long as the writer.
  virtual void open(const OperatorContext& context) = 0;

  /// Takes records from index `from` on. Errors: what makes writing impossible; the attempt then fails.
  virtual Progress write(BatchBase& batch, std::size_t from) = 0;

  /// The task ran out of input: shows what it held back only for efficiency.
  virtual Stop flush() { return Stop::kDone; }

  /// A barrier passed, or, as checkpoint 0 of a job without checkpoints, the end of input: what was written so far
  /// becomes staged output of `checkpoint`, what is written from now on does not. Only begins it; staged() tells when
  /// it is done. Requires: no other is under way.
  virtual void stage(CheckpointId /*checkpoint*/) {}

  /// All output that was staged, durably, and is not known to belong to a completed checkpoint; nothing while staging
  /// is under way (the task is notified). Errors: what made staging impossible. A sync that failed cannot be repaired,
  /// so the writer is of no use any more: the attempt fails, and every later call throws the same.
  virtual std::optional<StagedOutputs> staged() { return StagedOutputs{}; }

  /// The checkpoint is completed: staged() need not tell its output any more, nor that of earlier ones.
  virtual void completed(CheckpointId /*checkpoint*/) {}

  /// Where a barrier passes, next to stage(), in either order: what a later attempt must know besides staged output.
  virtual void save(SavedValues& /*values*/) const {}
  /// Takes back what save() wrote. Called after open(), before anything else.
  virtual void restore(const SavedValues& /*values*/) {}
  /// The same when the sink's parallelism has changed since; see Operator::restore_rescaled(). What was staged then is
  /// none of the writer's business: it is in the checkpoint.
  virtual bool restore_rescaled(const std::vector<SavedValues>& /*before*/) { return false; }

  /// The moment at which on_time() is wanted.
  virtual Deadline next_deadline() const { return {}; }
  virtual Stop on_time() { return Stop::kDone; }
};

/// A sink as the graph holds it: a prototype from which every attempt makes its writers. Thread-safe: const.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Checks and prepares the target before an attempt that begins with nothing. `first`: the job starts; otherwise an
  /// earlier attempt, of this process or one before, may have left staged output, which goes.
  /// Blocks; called on a helper thread. Errors: what makes writing impossible, naming the target.
  virtual void prepare(Host& /*host*/, bool /*first*/) const {}

  /// What a reader of the target sees after failures, given checkpoints.
  virtual Guarantee guarantee() const { return Guarantee::kAtLeastOnce; }

  /// Prepares the target for a job that goes on from a checkpoint: removes what this job had staged there, except
  /// `keep`, which is about to be delivered. The target need not be empty. Blocks; called on a helper thread.
  virtual void recover(Host& /*host*/, const StagedOutputs& /*keep*/) const {}

  /// Makes staged output of a completed checkpoint visible, in order, durably. Idempotent, also across processes: what
  /// was delivered before is left alone, by a witness that stands at the target. Blocks; called on a helper thread.
  /// Errors: CorruptionError naming output that is neither staged nor delivered; ExternalError, may be retried.
  virtual void deliver(Host& /*host*/, const StagedOutputs& /*outputs*/) const {}

  /// The job has ended, all its output was delivered, and no writer runs any more: removes what is staged still, by an
  /// overtaken process, and what prepare() or recover() made and nothing is left in. Blocks; on a helper thread.
  virtual void finish(Host& /*host*/) const {}

  /// The job ended without delivering, and no writer runs any more: removes what it prepared and staged. Called only
  /// after prepare() succeeded. Blocks; called on a helper thread.
  virtual void abandon(Host& /*host*/) const {}

  /// A writer for one subtask of an attempt.
  virtual std::unique_ptr<SinkWriter> make_writer() const = 0;
};

}  // namespace weir
