#pragma once

#include <cstdint>
#include <optional>

#include "weir/checkpoint/statistics.h"
#include "weir/core/time.h"
#include "weir/runtime/share_report.h"

namespace weir::runtime {

/// Sums over a job's subtasks, for a status line.
struct JobProgress {
  std::uint64_t records_in = 0;   ///< read by sources
  std::uint64_t records_out = 0;  ///< taken by sinks
  std::uint64_t late = 0;
  std::uint64_t malformed = 0;
  std::uint64_t far_future = 0;
  Watermark watermark;  ///< the least over the last operators
  std::uint32_t restarts = 0;
  std::optional<checkpoint::Statistics> checkpoints;  ///< of a job with checkpoints, once it has begun
};

/// Adds what the subtasks of an attempt have counted; the watermark is theirs alone.
void add_counts(JobProgress& progress, const RecordCounts& counts);

}  // namespace weir::runtime
