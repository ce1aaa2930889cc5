#pragma once

#include <vector>

#include "weir/core/graph.h"
#include "weir/runtime/job_status.h"

namespace weir::runtime {

/// The vertices of a plan, without subtasks.
///
/// A vertex's id is a hash of where its first operator stands in the graph and how it is called: the same in every run,
/// at any parallelism.
std::vector<VertexStatus> vertices_of(const Graph& graph, const Plan& plan);

}  // namespace weir::runtime
