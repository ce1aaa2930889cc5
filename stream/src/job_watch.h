#pragma once

#include <memory>

#include "weir/runtime/local_job.h"
#include "weir/stream/configuration.h"
#include "weir/stream/console_host.h"
#include "weir/stream/status_line.h"

#include "job_log.h"

namespace weir::detail {

/// Tells how a job gets on: by a status line, or now and then by a log line.
///
/// Thread: control loop only, but for its construction and destruction.
class JobWatch {
 public:
  enum class Show { kStatusLine, kLogLines };

  /// Time counts from here. Requires: all outlive it.
  JobWatch(ConsoleHost& console, JobLog& log, const Configuration& configuration, Show show);

  /// Requires: `job` lives until stop().
  void start(const runtime::LocalJob& job);

  /// Ends the watch with the job's last figures.
  void stop();

  /// The last figures. After stop().
  const StatusSample& last() const { return last_; }

 private:
  void tick();
  void wait();
  StatusSample sample() const;

  ConsoleHost& console_;
  JobLog& log_;
  const Show show_;
  const Duration interval_;
  const MonotonicTime started_;
  const runtime::LocalJob* job_ = nullptr;
  StatusSample last_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace weir::detail
