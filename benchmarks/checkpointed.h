#pragma once

#include <string>

#include "weir/core/time.h"
#include "weir/runtime/job_options.h"

namespace weir::benchmarks {

/// A directory of its own below the system's temporary one; removed with all that is in it at the end.
class TemporaryDirectory {
 public:
  /// Errors: std::runtime_error when none can be made.
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Lets a job take checkpoints there, its state in RocksDB.
void take_checkpoints(runtime::JobOptions& options, const std::string& directory, Duration interval);

}  // namespace weir::benchmarks
