#pragma once

#include <string>

#include "weir/checkpoint/coordinator.h"
#include "weir/checkpoint/options.h"
#include "weir/checkpoint/statistics.h"
#include "weir/runtime/job_status.h"

namespace weir::runtime {

/// What the checkpoints of a job come to. `coordinator`: null before the job has begun.
CheckpointsStatus checkpoints_status(const checkpoint::Options& options, const checkpoint::Coordinator* coordinator);

/// A sentence for the log.
std::string describe_completed(const checkpoint::CompletedStatistics& of);

}  // namespace weir::runtime
