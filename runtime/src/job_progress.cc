#include "weir/runtime/job_progress.h"

namespace weir::runtime {

void add_counts(JobProgress& progress, const RecordCounts& counts) {
  progress.records_in += counts.records_in;
  progress.records_out += counts.records_out;
  progress.late += counts.late;
  progress.malformed += counts.malformed;
  progress.far_future += counts.far_future;
  progress.watermark = counts.any_sink ? Watermark(timestamp_ms(counts.watermark_ms)) : Watermark();
}

}  // namespace weir::runtime
