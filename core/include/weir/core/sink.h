#pragma once

#include <memory>

#include "weir/core/host.h"
#include "weir/core/operator.h"

namespace weir {

/// Writes the records of one subtask to the outside: stages them first, delivers them later.
///
/// Staged output is invisible. seal() ends with everything written so far staged, safe and named;
/// deliver() makes it visible, idempotently, after the whole job has sealed. A sink that shows records at once
/// (print) has nothing to deliver. Thread: task thread only; what blocks goes through Host::blocking (Stop::kBlocked).
class SinkWriter {
 public:
  virtual ~SinkWriter() = default;

  /// Called once, before anything else. `context` lives as long as the writer.
  virtual void open(const OperatorContext& context) = 0;

  /// Takes records from index `from` on. Errors: what makes writing impossible; the attempt then fails.
  virtual Progress write(BatchBase& batch, std::size_t from) = 0;

  /// The task ran out of input: shows what it held back only for efficiency.
  virtual Stop flush() { return Stop::kDone; }

  /// All records are there. kBlocked: called again after the task was notified.
  virtual Stop seal() = 0;
  /// After seal(), when every subtask of the job has sealed. kBlocked: as above.
  virtual Stop deliver() = 0;

  /// The moment at which on_time() is wanted.
  virtual Deadline next_deadline() const { return {}; }
  virtual Stop on_time() { return Stop::kDone; }
};

/// A sink as the graph holds it: a prototype from which every attempt makes its writers. Thread-safe: const.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Checks and prepares the target before an attempt. `first`: the job starts, it is not a restart.
  /// Blocks; called on a helper thread. Errors: what makes writing impossible, naming the target.
  virtual void prepare(Host& /*host*/, bool /*first*/) const {}

  /// The job ended without delivering, and no writer runs any more: removes what it prepared and staged. Called only
  /// after prepare() succeeded. Blocks; called on a helper thread.
  virtual void abandon(Host& /*host*/) const {}

  /// A writer for one subtask of an attempt.
  virtual std::unique_ptr<SinkWriter> make_writer() const = 0;
};

}  // namespace weir
