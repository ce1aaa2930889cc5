#include "crash_points.h"

#include <charconv>
#include <csignal>

#include "weir/core/check.h"
#include "weir/core/error.h"

namespace weir::host {

CrashPoints::Armed::Armed(std::string_view variable, std::string_view value) {
  if (value.empty()) return;
  auto colon = value.rfind(':');
  if (value.substr(colon + 1).starts_with(' ')) colon = std::string_view::npos;
  name_ = value.substr(0, colon);
  long count = 1;
  bool good = !name_.empty();
  if (colon != std::string_view::npos) {
    const char* end = value.data() + value.size();
    const auto parsed = std::from_chars(value.data() + colon + 1, end, count);
    good = good && parsed.ec == std::errc() && parsed.ptr == end && count >= 1;
  }
  if (!good)
    throw UsageError(std::string(variable) + "=" + std::string(value) +
                     " names no crash point: write name, or name:3 for its third hit");
  left_ = count;
}

void CrashPoints::kill() {
  // As a power cut: no destructor, no handler, no buffer written.
  (void)std::raise(SIGKILL);
  WEIR_CHECK(!"alive after SIGKILL");
}

void CrashPoints::stop() {
  // The whole process, not this thread alone.
  WEIR_CHECK(std::raise(SIGSTOP) == 0);
}

}  // namespace weir::host
