#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/checkpoint/coordinator.h"
#include "weir/core/host.h"
#include "weir/core/snapshot.h"
#include "weir/core/source.h"
#include "weir/runtime/chain.h"
#include "weir/runtime/deliveries.h"
#include "weir/runtime/gate.h"
#include "weir/runtime/stage_state.h"
#include "weir/runtime/task_metrics.h"
#include "weir/runtime/task_snapshots.h"

namespace weir::runtime {

/// Whether the end of all input comes in front of a barrier.
enum class EndOfInput : bool { kNo, kYes };

/// What a task tells beside the results of its steps. Called on its worker's thread.
struct TaskEvents {
  std::function<void(CheckpointId, TaskSnapshot)> acknowledge;
  std::function<void(CheckpointId, std::string why)> decline;
  std::function<void()> exhausted;  ///< a source's task, once: it has read all there is
};

/// One subtask: a chain, and what feeds it, a gate or a source's reader.
///
/// It is passive: its worker calls step() when the task was signalled. With checkpoints it lives until it is destroyed:
/// at the end of its input it still answers barriers. Thread: its worker, but for what says otherwise.
class Task {
 public:
  enum class Step {
    kMore,     ///< step again soon
    kIdle,     ///< no input until the next signal
    kBlocked,  ///< no room for output until the next signal
    kWaiting,  ///< an operator, or state that comes back, waits for the outside until the next signal
    kEnded,    ///< told once, without checkpoints: all input was handled and all output is staged
  };

  struct Parts {
    std::string name;  ///< "counts -> Sink: Print (2/4)"
    Host* host = nullptr;
    Notifier notifier;
    std::unique_ptr<SourceReader> reader;  ///< of a source's task; else null
    bool bounded = true;
    bool checkpoints = false;
    Gate gate;
    std::vector<Chain::Stage> stages;
    std::vector<OperatorContext> contexts;  ///< one for each stage
    std::vector<StageState> states;         ///< one for each stage; their operators are those of `stages`
    TaskMetrics* metrics = nullptr;         ///< outlives the task
    TaskEvents events;
  };

  explicit Task(Parts parts);

  /// A slice: at most one element from the input, or a bounded number of moves within the chain.
  Step step();

  /// Gives the reader a split. Thread: control loop.
  void assign(Split split);
  /// Gives the reader the splits of the checkpoint that the task goes on from, all at once: their watermarks wait for
  /// each other. Thread: control loop.
  void assign_restored(const std::vector<SavedSplit>& splits);
  void no_more_splits();

  /// A source's task: lets the barrier follow what was read up to now. `end`: the job has read all, the end of input
  /// comes first. `after`: whether it reads on. Thread: control loop.
  void trigger(CheckpointId checkpoint, EndOfInput end,
               checkpoint::AfterBarrier after = checkpoint::AfterBarrier::kReadOn);

  /// The checkpoint is completed. Thread: control loop.
  void completed(CheckpointId checkpoint);

  /// After kEnded: what the sinks have staged.
  const std::vector<SinkDelivery>& staged() const { return staged_; }

  /// It will never be stepped again: an exception has left a step.
  void failed();

  /// Operator at work, name and subtask, for messages. Thread: worker.
  std::string where() const;

  const std::string& name() const { return name_; }

 private:
  struct Triggered {
    CheckpointId checkpoint{};
    EndOfInput end = EndOfInput::kNo;
    checkpoint::AfterBarrier after = checkpoint::AfterBarrier::kReadOn;
  };
  struct Inbox {
    std::vector<SavedSplit> splits;
    bool no_more = false;
    std::vector<Triggered> triggers;
    std::optional<CheckpointId> completed;
  };
  enum class Phase {
    kNew,
    kRestoring,  ///< keyed state comes back
    kRunning,
    kStaging,  ///< without checkpoints: all input was handled, sinks finish
    kEnded,
  };

  Step slice();
  bool ready_to_run();
  void enter(TaskState state);
  void open();
  Step run();
  void publish_metrics();
  void report_memory();
  std::optional<Step> end_without_checkpoints();
  bool take_input();
  bool next_arrival();
  /// A barrier waited for state that was leaving memory, and need not any more.
  bool barrier_can_go();
  bool take_split_input();
  bool emit_barrier();
  void exhausted();
  /// Changes the inbox and has the task look into it.
  template <class Change>
  void leave(Change&& change);
  void read_inbox();
  void arm_timer();

  std::string name_;
  Host& host_;
  Notifier notifier_;
  std::unique_ptr<SourceReader> reader_;
  bool bounded_;
  bool checkpoints_;
  Gate gate_;
  Chain chain_;
  std::vector<OperatorContext> contexts_;
  TaskEvents events_;
  TaskSnapshots snapshots_;
  TaskMetrics& metrics_;

  std::optional<Gate::Arrival> arrival_;  ///< taken from the gate and not fed: a barrier that waits
  std::uint32_t slices_ = 0;
  std::size_t fed_channel_ = 0;  ///< where the batch in hand came from
  std::uint8_t fed_lane_ = 0;
  bool idle_pass_done_ = false;  ///< operators know that input ran out
  bool reader_exhausted_ = false;
  bool end_sent_ = false;
  bool stopped_ = false;    ///< nothing more is to be read
  bool told_idle_ = false;  ///< an unbounded source without splits said so
  std::uint32_t splits_ = 0;
  std::vector<std::pair<SplitIndex, SavedSplit>> splits_to_restore_;
  bool has_all_splits_ = false;
  std::deque<Triggered> triggers_;
  Phase phase_ = Phase::kNew;
  std::vector<SinkDelivery> staged_;

  std::mutex inbox_mutex_;
  Inbox inbox_;  ///< guarded by inbox_mutex_
  std::atomic<bool> inbox_full_{false};

  MonotonicTime next_memory_report_ = MonotonicTime::min();
  MonotonicTime armed_ = MonotonicTime::max();
  std::unique_ptr<Timer> timer_;
};

}  // namespace weir::runtime
