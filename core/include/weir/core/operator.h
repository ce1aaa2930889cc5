#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "weir/core/batch.h"
#include "weir/core/element.h"
#include "weir/core/host.h"
#include "weir/core/ids.h"
#include "weir/core/notifier.h"
#include "weir/core/output.h"
#include "weir/core/time.h"

namespace weir::state {
class KeyedState;
}

namespace weir {

class SavedValues;

/// Which input of an operator a batch came through. union and an ordinary edge use input 0.
using InputIndex = StrongId<struct InputIndexTag, std::uint32_t>;

/// Why an operator stopped.
enum class Stop : std::uint8_t {
  kDone,        ///< all was handled
  kOutputFull,  ///< a port is full(): call again when it is not
  kBlocked,     ///< waits for the outside, or for state: call again after the task was notified
};

/// How far an operator got with a batch.
struct Progress {
  std::size_t next;  ///< the index of the first record not handled yet
  Stop stop;
};

/// The next moments at which an operator wants on_time(), if nothing happens before.
struct Deadline {
  MonotonicTime monotonic = MonotonicTime::max();
  Timestamp wall = Timestamp::max();
};

/// One subtask's counters. Written by the task, read by anyone: relaxed atomics.
struct OperatorMetrics {
  std::atomic<std::uint64_t> records_in{0};
  std::atomic<std::uint64_t> records_out{0};
  std::atomic<std::uint64_t> late{0};        ///< records that came after their windows were gone
  std::atomic<std::uint64_t> malformed{0};   ///< records that were skipped or put aside as malformed
  std::atomic<std::uint64_t> far_future{0};  ///< records that passed without moving the watermark
  std::atomic<std::int64_t> watermark_ms{to_ms(Timestamp::min())};
};

/// Adds without a locked instruction. Requires: one writer.
inline void add_to(std::atomic<std::uint64_t>& counter, std::uint64_t n) {
  counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

/// What an operator, reader or writer is told when it is opened. Lives as long as it does.
struct OperatorContext {
  std::string name;        ///< the operator's, for messages
  SubtaskIndex subtask{};  ///< 0-based
  std::uint32_t parallelism = 1;
  std::uint32_t key_groups = 1024;
  bool checkpoints =
      false;           ///< the job is checkpointed: what sinks write is delivered after its checkpoint, not before
  bool drain = false;  ///< at the end of input, processing-time windows fire instead of being dropped
  Host* host = nullptr;
  Notifier notifier;
  OperatorMetrics* metrics = nullptr;
  state::KeyedState* state = nullptr;  ///< of nodes with keyed state: where open() registers it
};

/// A step of a task's chain, made anew for every subtask and attempt. It can stop in the middle of anything and is
/// called again from there.
///
/// Calls for one element end with kDone before the next element comes, so that a watermark never overtakes a record.
/// Thread: task thread only. User code in it may throw; the task then fails.
class Operator {
 public:
  virtual ~Operator() = default;

  /// Called once, before anything else. `context` lives as long as the operator.
  virtual void open(const OperatorContext& /*context*/) {}

  /// Handles records from index `from` on. May take the batch away by Output::pass, at its end only.
  virtual Progress process(InputIndex input, BatchPtr& batch, std::size_t from, Outputs& out) = 0;

  /// The watermark of all live inputs rose. The runtime forwards it after kDone, unless makes_watermarks().
  virtual Stop on_watermark(Watermark /*watermark*/, Outputs& /*out*/) { return Stop::kDone; }

  /// Watermarks from above end here; this operator sends its own.
  virtual bool makes_watermarks() const { return false; }

  /// Something happened to a split of the source at the head of this chain.
  virtual Stop on_split(SplitIndex /*split*/, SplitEvent /*event*/, Outputs& /*out*/) { return Stop::kDone; }

  /// next_deadline() has passed, or nearly. The operator reads the clocks itself.
  virtual Stop on_time(Outputs& /*out*/) { return Stop::kDone; }
  virtual Deadline next_deadline() const { return {}; }

  /// All inputs are idle: downstream no longer waits for this subtask, so records held back for a watermark go out now.
  virtual Stop on_input_idle(Outputs& /*out*/) { return Stop::kDone; }

  /// The task ran out of input for now: whatever is held back only for efficiency goes out.
  virtual Stop on_idle(Outputs& /*out*/) { return Stop::kDone; }

  /// All input is there; the last watermark was handled.
  virtual Stop on_end(Outputs& /*out*/) { return Stop::kDone; }

  /// A barrier comes: what is held back only for efficiency goes out in front of it. After kDone the runtime freezes
  /// the keyed state, calls save(), and forwards the barrier.
  virtual Stop on_barrier(CheckpointId /*checkpoint*/, Outputs& /*out*/) { return Stop::kDone; }

  /// Where a barrier passes: writes down what must survive a failure besides keyed state.
  virtual void save(SavedValues& /*values*/) const {}
  /// Takes back what save() wrote. Called after open() and after keyed state was loaded, before anything else.
  virtual void restore(const SavedValues& /*values*/) {}
  /// The same when the operator's parallelism has changed since: what save() wrote in every subtask of then, in their
  /// order, some of them empty, but not all. Every subtask of now is given it. False: there is no rule for it, and the
  /// job is refused rather than run on without. Keyed state and splits are shared out by themselves.
  virtual bool restore_rescaled(const std::vector<SavedValues>& /*before*/) { return false; }

  /// The same for one split of the source at the head of this chain. restore_split() comes after the split began.
  virtual void save_split(SplitIndex /*split*/, SavedValues& /*values*/) const {}
  virtual void restore_split(SplitIndex /*split*/, const SavedValues& /*values*/) {}
};

}  // namespace weir
