#pragma once

#include <cstdint>
#include <memory>

#include "weir/checkpoint/coordinator.h"
#include "weir/core/ids.h"
#include "weir/core/source.h"

namespace weir::runtime {

class Attempt;
class Exchange;

/// What an attempt needs of a job's other processes, in the process that leads the job.
///
/// Calls are orders that leave in their sequence; what comes of them is told to the attempt by its own functions, until
/// end(). Thread: control loop.
class OtherProcesses {
 public:
  struct Beginning {
    AttemptId attempt{};
    bool checkpoints = false;
    GenerationId generation{};                         ///< with checkpoints
    std::shared_ptr<const checkpoint::Manifest> from;  ///< null: the beginning
  };

  virtual ~OtherProcesses() = default;

  /// Every process makes its subtasks and connects `exchange` with its own. Requires: `attempt` lives until end().
  virtual void begin(Attempt& attempt, Exchange& exchange, const Beginning& beginning) = 0;
  /// Every process takes its subtasks down; what they still say counts no more.
  virtual void end() = 0;

  virtual void assign(TaskIndex task, SubtaskIndex subtask, const Split& split) = 0;
  virtual void no_more_splits(TaskIndex task, SubtaskIndex subtask) = 0;
  virtual void trigger(const checkpoint::Trigger& trigger) = 0;
  virtual void completed(CheckpointId checkpoint) = 0;
};

}  // namespace weir::runtime
