#include "daemon_log.h"

#include <chrono>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::cluster {
namespace {

std::string_view name_of(runtime::LogLevel level) {
  switch (level) {
    case runtime::LogLevel::kInfo:
      return "INFO ";
    case runtime::LogLevel::kWarning:
      return "WARN ";
    case runtime::LogLevel::kError:
      return "ERROR";
  }
  return "";
}

/// False: the text is lost, and there is no place left to say so.
bool printed(Host& host, const std::string& text) {
  try {
    host.print(StandardStream::kError, text);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void DaemonLog::write(runtime::LogLevel level, const std::string& message) {
  const Timestamp now = host_.wall_now();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  {
    const std::lock_guard lock(lines_->mutex);
    lines_->text +=
        fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}Z {} {}\n", seconds, (now - seconds).count(), name_of(level), message);
  }
  host_.blocking([&host = host_, lines = lines_] { write_all(host, *lines); }, [](std::exception_ptr) {});
}

void DaemonLog::flush() { write_all(host_, *lines_); }

void DaemonLog::write_all(Host& host, Lines& lines) {
  const std::lock_guard writing(lines.writing);
  std::string text;
  {
    const std::lock_guard lock(lines.mutex);
    text = std::exchange(lines.text, {});
  }
  if (!text.empty()) static_cast<void>(printed(host, text));
}

}  // namespace weir::cluster
