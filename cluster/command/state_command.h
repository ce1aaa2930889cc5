#pragma once

#include <optional>
#include <string>

#include "weir/core/host.h"

#include "checkpoint_command.h"
#include "exit_status.h"

namespace weir::cluster {

// They print to the standard output, and block. Checkpoints are named as choose_checkpoint() reads them; state files
// are copied or linked below `scratch` meanwhile. Errors: as choose_checkpoint() and CheckpointStates.

/// `weir checkpoint cat`.
struct CatRequest {
  std::string checkpoint;
  std::string state;               ///< an operator, a state of one, or "<operator>/<state>"; empty: all
  std::optional<std::string> key;  ///< text, or JSON as cat prints it
  OutputFormat format = OutputFormat::kText;
  std::string scratch;
};
/// kProblem when a key is asked for and there is no entry of it.
ExitStatus print_state(Host& host, const CatRequest& request);

/// `weir checkpoint diff`.
struct DiffRequest {
  std::string left;
  std::string right;
  std::string state;  ///< as in CatRequest
  OutputFormat format = OutputFormat::kText;
  std::string scratch;
};
/// kProblem when they differ.
ExitStatus print_difference(Host& host, const DiffRequest& request);

}  // namespace weir::cluster
