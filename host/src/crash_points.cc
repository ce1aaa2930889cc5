#include "crash_points.h"

#include <charconv>
#include <csignal>

#include "weir/core/check.h"
#include "weir/core/error.h"

namespace weir::host {

CrashPoints::CrashPoints(std::string_view armed) {
  if (armed.empty()) return;
  const auto colon = armed.rfind(':');
  name_ = armed.substr(0, colon);
  long count = 1;
  bool good = !name_.empty();
  if (colon != std::string_view::npos) {
    const char* end = armed.data() + armed.size();
    const auto parsed = std::from_chars(armed.data() + colon + 1, end, count);
    good = good && parsed.ec == std::errc() && parsed.ptr == end && count >= 1;
  }
  if (!good)
    throw UsageError("WEIR_CRASH_AT=" + std::string(armed) + " names no crash point: write name, or name:3 for its " +
                     "third hit");
  left_ = count;
}

void CrashPoints::count_down() {
  if (left_.fetch_sub(1) != 1) return;
  // As a power cut: no destructor, no handler, no buffer written.
  (void)std::raise(SIGKILL);
  WEIR_CHECK(!"alive after SIGKILL", name_);
}

}  // namespace weir::host
