#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "weir/core/time.h"
#include "weir/runtime/local_job.h"

/// How a running job gets on, in words. Pure functions; all texts are ASCII.
namespace weir::detail {

/// Roughly: "0.3 s", "12.3 s", "4 m 05 s", "2 h 00 m", "12 d 03 h". Requires: not negative.
std::string rough_duration(Duration duration);

/// What a job had done at a time.
struct StatusSample {
  Duration elapsed{0};  ///< since the start of the job
  runtime::JobProgress progress;
  MonotonicTime at{};
};

/// "12.3 s | in 1.2 M/s (34.5 M) | out 3.2 k/s (40 k) | watermark 4.1 s behind | late 12 | restarts 0": rates since
/// `before`, totals as of `now`, the watermark against the wall clock. A restart begins the counts anew. With
/// checkpoints there stand before "late": "checkpoint 7 4.1 s ago (34.5 MB in 45 ms, alignment 2 ms)", and at the end
/// what failed and where the job went on from.
/// Of more than `width` characters, first what says nothing is left out (late 0, restarts 0, no watermark), then whole
/// parts from the right: a number is never cut.
std::string status_line(const StatusSample& before, const StatusSample& now, Timestamp wall, std::size_t width);

/// "Word Count finished after 345 records in 12.3 s: out 40, late 12, malformed 0, restarts 0". `ending` is "finished".
/// With checkpoints how many of them, too, and where the job went on from.
std::string summary_line(std::string_view job, std::string_view ending, const StatusSample& end);

}  // namespace weir::detail
