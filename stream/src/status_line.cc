#include "weir/stream/status_line.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "weir/core/scaled.h"

namespace weir::detail {

namespace {

struct Part {
  std::string text;
  bool says_nothing = false;
};

std::string rate(std::uint64_t before, std::uint64_t now, Duration interval) {
  // Counts that went back began anew in between.
  const std::uint64_t done = now >= before ? now - before : now;
  if (interval.count() <= 0) return "0/s";
  const double per_second = static_cast<double>(done) * 1000.0 / static_cast<double>(interval.count());
  return scaled(static_cast<std::uint64_t>(per_second + 0.5)) + "/s";
}

Part watermark_part(Watermark watermark, Timestamp wall) {
  if (watermark == Watermark::none() || watermark == Watermark::end()) return {"watermark -", true};
  const Duration lag = wall - watermark.time();
  return {fmt::format("watermark {} {}", rough_duration(std::chrono::abs(lag)), lag.count() < 0 ? "ahead" : "behind")};
}

/// Short ones exactly.
std::string checkpoint_duration(std::chrono::nanoseconds duration) {
  const auto ms = std::chrono::round<Duration>(duration);
  return ms < std::chrono::seconds(1) ? fmt::format("{} ms", ms.count()) : rough_duration(ms);
}

Part checkpoint_part(const checkpoint::Statistics& checkpoints, MonotonicTime now) {
  if (!checkpoints.last) return {"no checkpoint yet", true};
  const checkpoint::CompletedStatistics& last = *checkpoints.last;
  const auto age = std::chrono::floor<Duration>(std::max(now - last.completed, std::chrono::nanoseconds(0)));
  return {fmt::format("checkpoint {} {} ago ({} in {}, alignment {})", last.checkpoint.value(), rough_duration(age),
                      scaled_bytes(last.state_bytes), checkpoint_duration(last.duration),
                      checkpoint_duration(last.alignment))};
}

std::size_t total_width(const std::vector<Part>& parts) {
  std::size_t width = 0;
  for (const Part& part : parts) width += part.text.size() + (width == 0 ? 0 : 3);
  return width;
}

}  // namespace

std::string rough_duration(Duration duration) {
  const std::int64_t seconds = duration.count() / 1000;
  if (seconds < 60) return fmt::format("{}.{} s", seconds, duration.count() % 1000 / 100);
  if (seconds < 3600) return fmt::format("{} m {:02} s", seconds / 60, seconds % 60);
  if (seconds < 86'400) return fmt::format("{} h {:02} m", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{} d {:02} h", seconds / 86'400, seconds / 3600 % 24);
}

std::string status_line(const StatusSample& before, const StatusSample& now, Timestamp wall, std::size_t width) {
  const Duration interval = now.elapsed - before.elapsed;
  const auto& past = before.progress;
  const auto& done = now.progress;
  std::vector<Part> parts{
      {rough_duration(now.elapsed)},
      {fmt::format("in {} ({})", rate(past.records_in, done.records_in, interval), scaled(done.records_in))},
      {fmt::format("out {} ({})", rate(past.records_out, done.records_out, interval), scaled(done.records_out))},
      watermark_part(done.watermark, wall),
  };
  if (done.checkpoints) parts.push_back(checkpoint_part(*done.checkpoints, now.at));
  parts.push_back({fmt::format("late {}", scaled(done.late)), done.late == 0});
  parts.push_back({fmt::format("restarts {}", done.restarts), done.restarts == 0});
  if (done.checkpoints && done.checkpoints->failed > 0)
    parts.push_back({fmt::format("failed checkpoints {}", done.checkpoints->failed)});
  if (done.checkpoints && done.checkpoints->restored)
    parts.push_back({fmt::format("went on from checkpoint {}", done.checkpoints->restored->value())});
  while (total_width(parts) > width && !parts.empty()) {
    const auto nothing = std::find_if(parts.rbegin(), parts.rend(), [](const Part& part) { return part.says_nothing; });
    parts.erase(nothing == parts.rend() ? parts.end() - 1 : nothing.base() - 1);
  }
  std::string line;
  for (const Part& part : parts) line += (line.empty() ? "" : " | ") + part.text;
  return line;
}

std::string summary_line(std::string_view job, std::string_view ending, const StatusSample& end) {
  const runtime::JobProgress& done = end.progress;
  std::string line = fmt::format("{} {} after {} record{} in {}: out {}, late {}, malformed {}, restarts {}", job,
                                 ending, done.records_in, done.records_in == 1 ? "" : "s", rough_duration(end.elapsed),
                                 done.records_out, done.late, done.malformed, done.restarts);
  if (done.far_future > 0) line += fmt::format(", too far in the future {}", done.far_future);
  if (!done.checkpoints) return line;
  line += fmt::format(", checkpoints {}", done.checkpoints->completed);
  if (done.checkpoints->failed > 0) line += fmt::format(", failed checkpoints {}", done.checkpoints->failed);
  if (done.checkpoints->restored)
    line += fmt::format(", went on from checkpoint {}", done.checkpoints->restored->value());
  return line;
}

}  // namespace weir::detail
