#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weir/core/host.h"
#include "weir/core/source.h"
#include "weir/runtime/chain.h"
#include "weir/runtime/gate.h"

namespace weir::runtime {

/// One subtask: a chain, and what feeds it, a gate or a source's reader.
///
/// It is passive: its worker calls step() when the task was signalled. Thread: its worker, but for what says otherwise.
class Task {
 public:
  enum class Step {
    kMore,       ///< step again soon
    kIdle,       ///< nothing to do until the next signal
    kEnded,      ///< told once: all input was handled and all output is sealed and on its way
    kDelivered,  ///< told once, after deliver(): all output is visible
  };

  struct Parts {
    std::string name;  ///< "counts -> Sink: Print (2/4)"
    Host* host = nullptr;
    Notifier notifier;
    std::unique_ptr<SourceReader> reader;  ///< of a source's task; else null
    bool bounded = true;
    Gate gate;
    std::vector<Chain::Stage> stages;
    std::vector<OperatorContext> contexts;  ///< one for each stage
  };

  explicit Task(Parts parts);

  /// A slice: at most one element from the input, or a bounded number of moves within the chain.
  Step step();

  /// Gives the reader a split. Thread: control loop.
  void assign(Split split);
  void no_more_splits();

  /// Lets the sinks of this task deliver. Thread: control loop, after kEnded.
  void deliver();

  /// Operator at work, name and subtask, for messages. Thread: worker.
  std::string where() const;

  const std::string& name() const { return name_; }

 private:
  struct Inbox {
    std::vector<Split> splits;
    bool no_more = false;
    bool deliver = false;
  };

  void open();
  bool take_input();
  bool take_split_input();
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
  Gate gate_;
  Chain chain_;
  std::vector<OperatorContext> contexts_;

  bool opened_ = false;
  std::size_t fed_channel_ = 0;  ///< where the batch in hand came from
  std::uint8_t fed_lane_ = 0;
  bool idle_pass_done_ = false;  ///< operators know that input ran out
  bool reader_exhausted_ = false;
  bool told_idle_ = false;  ///< an unbounded source without splits said so
  std::uint32_t splits_ = 0;
  bool has_all_splits_ = false;
  enum class Phase { kRunning, kEnded, kDelivering, kDelivered } phase_ = Phase::kRunning;

  std::mutex inbox_mutex_;
  Inbox inbox_;  ///< guarded by inbox_mutex_
  std::atomic<bool> inbox_full_{false};

  MonotonicTime armed_ = MonotonicTime::max();
  std::unique_ptr<Timer> timer_;
};

}  // namespace weir::runtime
