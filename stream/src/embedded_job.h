#pragma once

#include <cstdint>
#include <string>

#include "weir/core/graph.h"
#include "weir/stream/configuration.h"

namespace weir::detail {

/// What is left of the job's checkpoints when its process has ended.
enum class Keeps : std::uint8_t {
  kCheckpoints,  ///< what its configuration says
  kNothing,      ///< nothing: whoever gave it their directory takes that away
};

/// Runs a job with all of the engine in this process until it ends; returns the exit status of weir::run. Blocks.
/// Errors: UserError for a graph that cannot be planned.
int run_embedded(const std::string& name, Graph graph, const Configuration& configuration, Keeps keeps);

}  // namespace weir::detail
