#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/fields.h"
#include "weir/core/time.h"
#include "weir/runtime/job_status.h"

namespace weir::runtime {

/// Sums over subtasks, for a status line.
struct RecordCounts {
  std::uint64_t records_in = 0;   ///< read by sources
  std::uint64_t records_out = 0;  ///< taken by sinks
  std::uint64_t late = 0;
  std::uint64_t malformed = 0;
  std::uint64_t far_future = 0;
  std::int64_t watermark_ms = Timestamp::max().time_since_epoch().count();  ///< the least over the last operators
  bool any_sink = false;                                                    ///< else `watermark_ms` says nothing

  void add(const RecordCounts& other);
};
WEIR_FIELDS(RecordCounts, records_in, records_out, late, malformed, far_future, watermark_ms, any_sink);

/// A subtask and its vertex.
struct VertexSubtask {
  std::uint32_t vertex = 0;
  SubtaskStatus subtask;
};
WEIR_FIELDS(VertexSubtask, vertex, subtask);

/// What an attempt's subtasks have counted.
struct ShareReport {
  std::vector<VertexSubtask> subtasks;
  RecordCounts counts;

  void add(const ShareReport& other);
};
WEIR_FIELDS(ShareReport, subtasks, counts);

/// For another process.
std::string encode_report(const ShareReport& report);
/// Errors: CorruptionError.
ShareReport decode_report(std::string_view bytes);

}  // namespace weir::runtime
