#pragma once

#include <string>

#include "weir/core/graph.h"
#include "weir/stream/configuration.h"

namespace weir::detail {

/// Runs a job with all of the engine in this process until it ends; returns the exit status of weir::run. Blocks.
/// Errors: UserError for a graph that cannot be planned.
int run_embedded(const std::string& name, Graph graph, const Configuration& configuration);

}  // namespace weir::detail
