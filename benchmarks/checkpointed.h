#pragma once

#include <string>

#include "weir/core/time.h"
#include "weir/runtime/job_options.h"

namespace weir::benchmarks {

/// Lets a job take checkpoints in `directory`, its state in RocksDB.
void take_checkpoints(runtime::JobOptions& options, const std::string& directory, Duration interval);

}  // namespace weir::benchmarks
