#pragma once

#include <string>
#include <vector>

#include "weir/core/ids.h"

namespace weir {

/// Sealed output of a sink: durable, complete, and not visible before it is delivered.
struct StagedOutput {
  CheckpointId checkpoint{};  ///< of whose barrier it was sealed
  SubtaskIndex subtask{};     ///< that wrote it
  std::string handle;         ///< how the sink finds it again: its own words, unique within the sink

  friend bool operator==(const StagedOutput&, const StagedOutput&) = default;
};

/// In the order of writing within a subtask.
using StagedOutputs = std::vector<StagedOutput>;

}  // namespace weir
