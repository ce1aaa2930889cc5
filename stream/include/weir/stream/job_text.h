#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/core/graph.h"

/// What a job's graph and plan say to its user.
namespace weir::detail {

/// "Source: Socket Stream -> Flat Map (1) =hash=> counts -> Sink: Print (1)": tasks with their parallelism, and the
/// exchanges between them. Where the flow branches, a path ends and the next begins after "; ".
std::string plan_text(const Plan& plan);

/// Whether a job takes checkpoints.
enum class Checkpoints : std::uint8_t { kNone, kTaken };

/// What a failure of the job can lose or repeat, a sentence each; empty when it is nothing.
std::vector<std::string> warnings_of(const Graph& graph, Checkpoints checkpoints);

}  // namespace weir::detail
