#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/core/ids.h"
#include "weir/core/snapshot.h"
#include "weir/runtime/saved_operator.h"
#include "weir/runtime/sink_operator.h"
#include "weir/runtime/state_files.h"
#include "weir/state/keyed_state.h"

namespace weir::runtime {

/// What one stage of a chain keeps across failures, and what it is given back. Thread: task thread only.
struct StageState {
  NodeId node{};
  std::string name;  ///< of the node
  SubtaskIndex subtask{};
  std::uint32_t parallelism = 1;
  Operator* op = nullptr;                    ///< null: the source
  SinkOperator* sink = nullptr;              ///< the same operator, if it is a sink's
  std::unique_ptr<state::KeyedState> keyed;  ///< null: no keyed state
  std::string unwritten_because;             ///< why the newest drain that ended in vain did so
  std::shared_ptr<StateFiles> files;         ///< of `keyed`; null: no checkpoints
  SavedOperator saved;                       ///< what to begin with
};

}  // namespace weir::runtime
