#include "weir/runtime/share_report.h"

#include <algorithm>

#include "weir/core/codec.h"

namespace weir::runtime {

void RecordCounts::add(const RecordCounts& other) {
  records_in += other.records_in;
  records_out += other.records_out;
  late += other.late;
  malformed += other.malformed;
  far_future += other.far_future;
  watermark_ms = std::min(watermark_ms, other.watermark_ms);
  any_sink = any_sink || other.any_sink;
}

void ShareReport::add(const ShareReport& other) {
  subtasks.insert(subtasks.end(), other.subtasks.begin(), other.subtasks.end());
  counts.add(other.counts);
}

std::string encode_report(const ShareReport& report) {
  std::string bytes;
  encode_value(report, bytes);
  return bytes;
}

ShareReport decode_report(std::string_view bytes) { return decode_value<ShareReport>(bytes); }

}  // namespace weir::runtime
