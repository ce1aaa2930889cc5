#pragma once

#include <string>

#include "weir/core/graph.h"
#include "weir/stream/configuration.h"

#include "launch.h"

namespace weir::detail {

/// Says over the launch's socket what the job would be, and runs nothing of it. Returns an exit status.
/// Errors: UserError for a graph that cannot be planned; ExternalError when there is no socket.
int tell_plan(const std::string& name, Graph graph, const Configuration& configuration, const Launch& launch);

/// Runs the job with all of the engine in this process, as a worker of a cluster: tells its TaskManager over the
/// launch's socket how it gets on, and takes commands. When the TaskManager is gone, so is the worker, at once: another
/// may run the job by then. Returns an exit status. Blocks. Errors: as tell_plan().
int run_worker(const std::string& name, Graph graph, const Configuration& configuration, const Launch& launch);

}  // namespace weir::detail
