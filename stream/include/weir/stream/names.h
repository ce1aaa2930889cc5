#pragma once

#include <utility>
#include <vector>

#include "weir/core/graph.h"

// A name is the only identity by which a checkpoint finds the state of a source, an operator or a sink again.

namespace weir::detail {

/// Completes the name of each first node by that of the second, or of what is before it, the nearest that the user has
/// named: "Timestamps: clicks" for "Source: clicks". Leaves nodes alone that the user has named, or near which nothing
/// has a name.
void lend_names(Graph& graph, const std::vector<std::pair<NodeId, NodeId>>& lent);

/// Numbers operators that the user has not named and that have a name which another has: "Filter", "Filter (2)". Also
/// one without state may save something: how far time had come where its task begins.
void tell_apart(Graph& graph);

/// Errors: UserError unless all sources, sinks and operators with state are named by the user, and no two that save
/// anything alike; it says which are to blame, where they stand in the graph, and what to write.
void check_names(const Graph& graph);

}  // namespace weir::detail
