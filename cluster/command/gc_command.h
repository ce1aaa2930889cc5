#pragma once

#include <string>

#include "weir/core/host.h"

#include "checkpoint_command.h"
#include "exit_status.h"

namespace weir::cluster {

enum class GcMode { kRemove, kDryRun };

/// `weir checkpoint gc`: removes, in the directories of all jobs at `path`, what no completed checkpoint needs. Prints
/// to the standard output, and blocks. Each job stands for itself: of one that a process runs, or whose manifests
/// cannot be read, the standard error tells, nothing of it is removed, and the status is kProblem; the others are done.
ExitStatus collect_garbage(Host& host, const std::string& path, GcMode mode, OutputFormat format);

}  // namespace weir::cluster
