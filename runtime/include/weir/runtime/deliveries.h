#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/checkpoint/manifest.h"
#include "weir/core/graph.h"
#include "weir/core/host.h"
#include "weir/core/ids.h"
#include "weir/core/sink.h"
#include "weir/core/time.h"

namespace weir::runtime {

/// Makes staged output visible, one checkpoint after the other, on a helper thread.
///
/// What fails and may be retried is tried again, after a pause that grows, for as long as this lives: output that
/// belongs to a completed checkpoint must appear. Thread: control loop. Destruction ends it; a delivery that is under
/// way runs to its end and tells nobody.
class Deliveries {
 public:
  struct Events {
    std::function<void(CheckpointId)> delivered;       ///< all output up to it
    std::function<void(std::exception_ptr)> failed;    ///< it cannot be retried; told once, nothing follows
    std::function<void(const std::string&)> retrying;  ///< a sentence for the log
  };

  /// Requires: `host` and `graph` outlive it.
  Deliveries(Host& host, const Graph& graph, Events events);
  ~Deliveries();

  /// Queues the output. Errors: UserError for a sink that the job has not.
  void deliver(CheckpointId checkpoint, const std::vector<checkpoint::SinkOutputs>& staged);

  /// Something is queued or under way.
  bool busy() const { return !queue_.empty(); }

 private:
  struct Item {
    std::shared_ptr<const Sink> sink;  ///< null: the end of a checkpoint's output
    std::string name;
    StagedOutputs outputs;
    CheckpointId checkpoint{};
  };

  void start();
  void ended(std::exception_ptr error);
  void try_again(std::exception_ptr error);

  Host& host_;
  const Graph& graph_;
  Events events_;
  std::deque<Item> queue_;  ///< the front is under way
  bool failed_ = false;
  Duration pause_{0};
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<Deliveries*> self_;
};

}  // namespace weir::runtime
