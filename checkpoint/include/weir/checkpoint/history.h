#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/checkpoint/log_entry.h"

namespace weir::checkpoint {

/// What a log tells, read from its lowest entry to its highest.
struct History {
  struct CompletedAt {
    std::uint64_t index = 0;
    Completed completed;
  };

  /// The checkpoints that exist, oldest first: those that a takeover gave up, by going on from an earlier one, do not.
  std::vector<CompletedAt> completed;
  /// Some takeover went on from this checkpoint, and neither its own entry nor that of a later one is there.
  std::optional<CheckpointName> lost;
  std::uint64_t highest_checkpoint = 0;  ///< id, of all that are named
  bool finished = false;
};

/// Requires: rising indices.
History read_history(const std::vector<LogEntry>& entries);

}  // namespace weir::checkpoint
