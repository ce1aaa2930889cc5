#pragma once

#include "weir/core/graph.h"

namespace weir::connectors {

/// Checks that no two file sinks of a job write into the same directory, or one into a directory inside another's. Goes
/// by the paths as they are written: a link, or a relative path beside an absolute one, is found out only when the
/// second sink prepares. Errors: UsageError naming both sinks and both directories.
void check_separate_directories(const Graph& graph);

}  // namespace weir::connectors
