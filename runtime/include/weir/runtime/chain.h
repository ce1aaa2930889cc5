#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/element.h"
#include "weir/core/operator.h"
#include "weir/core/output.h"
#include "weir/runtime/edge_writer.h"

namespace weir::runtime {

/// A sequence of operators that hand batches to each other in place, and the edges behind them.
///
/// Each stage handles one element at a time and finishes it before it takes the next; what a stage made ready moves on
/// before the stage runs again, the last stage first. So nothing overtakes anything, memory is bounded by the batches
/// in hand, and an operator that stopped in the middle goes on where it was. Thread: task thread only.
class Chain {
 public:
  enum class State {
    kProgress,   ///< something moved: call again
    kQuiescent,  ///< every stage is free: feed the next element
    kBlocked,    ///< a channel is full: the task will be signalled
    kWaiting,    ///< an operator waits for the outside: the task will be notified
  };

  /// A stage without an operator is a source: its outputs are filled from outside (source_outputs()).
  struct Stage {
    std::string name;
    std::unique_ptr<Operator> op;
    Outputs outputs;
    OperatorMetrics* metrics = nullptr;
    std::vector<std::vector<EdgeWriter>> edges;  ///< by port; port 0 of all but the last stage goes to the next stage

    Element current;
    InputIndex input{};
    std::size_t next = 0;  ///< index of the first record of `current` not handled
    enum class Work { kNone, kElement, kTime, kIdle } work = Work::kNone;
    std::size_t writing_edge = 0;
    bool edge_busy = false;  ///< the edge at writing_edge has an unfinished element
  };

  explicit Chain(std::vector<Stage> stages) : stages_(std::move(stages)) {}

  /// Called when a barrier was handled by a stage with an operator, before it is forwarded.
  void on_barrier_passed(std::function<void(std::size_t stage, CheckpointId)> call) {
    barrier_passed_ = std::move(call);
  }

  void open(std::size_t stage, const OperatorContext& context) {
    running_ = stage;
    stages_[stage].op->open(context);
  }

  State advance();

  /// Gives the first operator an element. Requires: quiescent; not a source's chain.
  void feed(Element element, InputIndex input);

  /// The batch that feed() brought and that was handled since, to be given back; null if there is none.
  BatchPtr take_fed_batch() { return std::move(fed_batch_); }

  /// Lets every operator run on_idle(), in the order of the data flow. Requires: quiescent.
  void start_idle() { next_idle_ = 0; }

  /// Lets the operators whose deadline has passed run on_time(). Requires: quiescent. False: none has.
  bool start_due(MonotonicTime monotonic, Timestamp wall);

  /// The earliest deadlines of all operators.
  Deadline deadline() const;

  /// Sends what edges hold back. False: a channel is full.
  bool flush_edges();

  /// kEnd has passed the last stage.
  bool ended() const { return ended_; }

  /// Where the source emits: it is the operator at work then.
  Outputs& source_outputs() {
    running_ = 0;
    return stages_.front().outputs;
  }

  /// The operator at work, for messages.
  const std::string& running() const { return stages_[running_].name; }

  void publish_metrics();

  /// By all its edges.
  std::uint64_t bytes_sent() const;

 private:
  enum class Moved { kNothing, kMoved, kBlocked };

  Moved move_outputs(std::size_t stage);
  Moved write_edges(Stage& stage, std::size_t port);
  bool run(std::size_t stage);
  Stop run_element(std::size_t index);
  Stop run_sign(std::size_t index);
  void finish(std::size_t stage);

  std::vector<Stage> stages_;
  std::size_t running_ = 0;
  std::size_t next_idle_ = SIZE_MAX;  ///< the next stage to run on_idle()
  bool ended_ = false;
  std::function<void(std::size_t, CheckpointId)> barrier_passed_;
  BatchPtr fed_batch_;
};

}  // namespace weir::runtime
