#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weir/checkpoint/manifest.h"
#include "weir/core/ids.h"
#include "weir/core/staged_output.h"

namespace weir::checkpoint {

/// Which staged output belongs to completed checkpoints, and which of it is known to be delivered: what the next
/// manifest has to list. No I/O. Thread: one owner.
class DeliveryBook {
 public:
  /// The job goes on from this checkpoint (null: from the beginning).
  void restored(std::shared_ptr<const Manifest> manifest);

  /// What a manifest lists: all that earlier checkpoints left undelivered, in their order, then what writers told, in
  /// theirs. Writers tell output again until they know its checkpoint to be completed: it is listed once, and not at
  /// all if it was delivered meanwhile. `told`: by sink, all of its subtasks' in their order.
  std::vector<SinkOutputs> to_list(const std::vector<SinkOutputs>& told) const;

  /// The checkpoint with this manifest exists; writers told `told` for it.
  void completed(std::shared_ptr<const Manifest> manifest, const std::vector<SinkOutputs>& told);

  /// All that the manifest of `checkpoint` lists is delivered, and with it what earlier ones list.
  void delivered(CheckpointId checkpoint);

  /// `manifest` as far as it is not known to be delivered: the same, if nothing of it is.
  std::shared_ptr<const Manifest> without_delivered(std::shared_ptr<const Manifest> manifest) const;

  /// Pieces of output.
  std::size_t undelivered() const;

 private:
  /// A piece of output, in all its checkpoints.
  struct Piece {
    std::string sink;
    SubtaskIndex subtask;
    CheckpointId checkpoint;
    std::string handle;

    friend auto operator<=>(const Piece&, const Piece&) = default;
  };

  static Piece piece(const std::string& sink, const StagedOutput& output) {
    return {sink, output.subtask, output.checkpoint, output.handle};
  }

  std::vector<std::shared_ptr<const Manifest>> pending_;  ///< completed and not delivered, oldest first
  std::map<Piece, CheckpointId> delivered_;  ///< by the checkpoint that listed it last; those that can be told again
};

}  // namespace weir::checkpoint
