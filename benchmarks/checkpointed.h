#pragma once

#include <cstddef>
#include <string>

#include "weir/core/time.h"
#include "weir/runtime/job_options.h"

namespace weir::benchmarks {

/// Lets a job take checkpoints in `directory`, its state in RocksDB.
void take_checkpoints(runtime::JobOptions& options, const std::string& directory, Duration interval);

/// Lets it keep its state within so many bytes, after take_checkpoints(). The process does so only if it has called
/// host::keep_allocator_within(), as weir::run() does.
void keep_within(runtime::JobOptions& options, std::size_t memory);

}  // namespace weir::benchmarks
