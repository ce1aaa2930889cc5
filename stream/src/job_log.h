#pragma once

#include <memory>
#include <string>

#include <spdlog/logger.h>

#include "weir/runtime/job_options.h"
#include "weir/stream/configuration.h"
#include "weir/stream/console_host.h"

namespace weir::detail {

/// Writes `2026-01-31 12:00:00.123Z INFO  message` to a console: UTC, one line a message. Thread-safe.
class JobLog {
 public:
  /// Requires: `console` outlives it.
  JobLog(ConsoleHost& console, Configuration::LogDetail detail);

  void debug(const std::string& message) { write(spdlog::level::debug, message); }
  void info(const std::string& message) { write(spdlog::level::info, message); }
  void warning(const std::string& message) { write(spdlog::level::warn, message); }
  void error(const std::string& message) { write(spdlog::level::err, message); }
  void write(runtime::LogLevel level, const std::string& message);

  bool shows_debug() const { return logger_.should_log(spdlog::level::debug); }

 private:
  void write(spdlog::level::level_enum level, const std::string& message);

  ConsoleHost& console_;
  spdlog::logger logger_;
};

}  // namespace weir::detail
