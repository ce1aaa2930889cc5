#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/checkpoint/coordinator.h"
#include "weir/core/host.h"
#include "weir/core/ids.h"
#include "weir/runtime/local_job.h"

namespace weir::runtime {

/// A savepoint that somebody wants.
struct AskedSavepoint {
  std::string directory;
  AfterSavepoint after = AfterSavepoint::kRunsOn;
  std::function<void(const checkpoint::Taken&)> done;
};

/// Makes savepoints of completed checkpoints, each once all output up to it is delivered: what a savepoint lists as
/// undelivered would have to be found where this job left it, for ever.
///
/// Thread: control loop. After destruction nobody is told anything.
class PendingSavepoints {
 public:
  /// Told once for each, but for those that are given up: the path, or why there is none.
  using Saved = std::function<void(const AskedSavepoint&, const checkpoint::Taken&)>;

  /// Requires: `host` outlives it.
  PendingSavepoints(Host& host, Saved saved);
  PendingSavepoints(const PendingSavepoints&) = delete;
  PendingSavepoints& operator=(const PendingSavepoints&) = delete;

  /// Requires: `taken` is completed, and was wished for as a savepoint.
  void add(AskedSavepoint asked, checkpoint::Taken taken, checkpoint::Coordinator& coordinator);

  /// All output up to `checkpoint` is delivered.
  void delivered(CheckpointId checkpoint, checkpoint::Coordinator& coordinator);

  /// Output of those that still wait is not delivered any more: who asked is told so, later.
  void give_up();

 private:
  struct Waiting {
    AskedSavepoint asked;
    checkpoint::Taken taken;
  };

  void save(const Waiting& waiting, checkpoint::Coordinator& coordinator);

  Host& host_;
  Saved saved_;
  CheckpointId delivered_{};
  std::vector<Waiting> waiting_;
  std::shared_ptr<PendingSavepoints*> self_;
};

}  // namespace weir::runtime
