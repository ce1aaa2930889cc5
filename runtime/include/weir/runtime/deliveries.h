#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/checkpoint/manifest.h"
#include "weir/core/graph.h"
#include "weir/core/host.h"
#include "weir/core/ids.h"
#include "weir/core/sink.h"
#include "weir/core/staged_output.h"
#include "weir/core/time.h"

namespace weir::runtime {

/// Staged output of one sink, by its node: names are unique only in jobs with checkpoints.
struct SinkDelivery {
  NodeId sink{};
  StagedOutputs outputs;
};

/// What a manifest lists, by the job's own nodes. Errors: UserError for a sink that the job does not have.
std::vector<SinkDelivery> deliveries_of(const Graph& graph, const std::vector<checkpoint::SinkOutputs>& staged);

/// Makes staged output visible, one checkpoint after the other, on a helper thread.
///
/// What fails and may be retried is tried again after a pause. Thread: control loop. Destruction ends it; a delivery
/// that is under way runs to its end and tells nobody.
class Deliveries {
 public:
  struct Events {
    std::function<void(CheckpointId)> delivered;       ///< all output up to it
    std::function<void(std::exception_ptr)> failed;    ///< it is not tried again; told once, nothing follows
    std::function<void(const std::string&)> retrying;  ///< a sentence for the log
    /// How long to wait before it is tried again after so many failures in a row; nothing: it is not.
    std::function<std::optional<Duration>(std::uint32_t failures)> pause = growing_pause;
  };

  /// 50 ms, twice as long each time, up to 5 s, without end: output of a completed checkpoint must appear.
  static std::optional<Duration> growing_pause(std::uint32_t failures);

  /// Requires: `host` and `graph` outlive it.
  Deliveries(Host& host, const Graph& graph, Events events);
  ~Deliveries();

  /// Queues the output.
  void deliver(CheckpointId checkpoint, std::vector<SinkDelivery> outputs);

  /// Something is queued or under way.
  bool busy() const { return !queue_.empty(); }

  /// Something failed and is tried again after its pause.
  bool pausing() const { return pausing_; }

  /// What becomes of the queue at the end.
  enum class Rest : std::uint8_t {
    kTried,  ///< all of it is delivered, until something fails
    kLeft,   ///< what is under way comes to its end, nothing else is begun
  };

  /// Ends it. `stopped` is told on the control loop when nothing is under way any more, with the number of pieces that
  /// were not delivered; of the events only delivered() comes before it, none after it. Called once.
  void stop(Rest rest, std::function<void(std::size_t left)> stopped);

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
  void tell_stopped();

  Host& host_;
  const Graph& graph_;
  Events events_;
  std::deque<Item> queue_;  ///< the front is under way, or pauses
  bool under_way_ = false;
  bool pausing_ = false;
  bool failed_ = false;
  std::uint32_t failures_ = 0;  ///< in a row
  std::unique_ptr<Timer> timer_;
  std::optional<Rest> stopping_;
  std::function<void(std::size_t)> stopped_;
  std::shared_ptr<Deliveries*> self_;
};

}  // namespace weir::runtime
