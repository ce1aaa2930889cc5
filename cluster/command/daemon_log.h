#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "weir/cluster/task_manager.h"
#include "weir/core/host.h"

namespace weir::cluster {

/// Writes `2026-01-31 12:00:00.123Z INFO  message` to the standard error, in order, without blocking. Thread-safe.
/// Lines that cannot be written are dropped.
class DaemonLog {
 public:
  /// Requires: `host` outlives it.
  explicit DaemonLog(Host& host) : host_(host), lines_(std::make_shared<Lines>()) {}

  void write(runtime::LogLevel level, const std::string& message);
  ClusterLog log() {
    return [this](runtime::LogLevel level, const std::string& message) { write(level, message); };
  }

  /// Writes what waits. Blocks.
  void flush();

 private:
  struct Lines {
    std::mutex writing;  // held while lines leave, so that their order stays
    std::mutex mutex;    // guards the next
    std::string text;
  };

  static void write_all(Host& host, Lines& lines);

  Host& host_;
  std::shared_ptr<Lines> lines_;  // shared with writes that helpers have not begun
};

}  // namespace weir::cluster
