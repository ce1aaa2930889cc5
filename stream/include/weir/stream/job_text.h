#pragma once

#include <string>
#include <vector>

#include "weir/core/graph.h"

/// What a job's graph and plan say to its user.
namespace weir::detail {

/// "Source: Socket Stream -> Flat Map (1) =hash=> counts -> Sink: Print (1)": tasks with their parallelism, and the
/// exchanges between them. Where the flow branches, a path ends and the next begins after "; ".
std::string plan_text(const Plan& plan);

/// What can be lost when the job fails, a sentence each; empty when nothing can.
std::vector<std::string> warnings_of(const Graph& graph);

}  // namespace weir::detail
