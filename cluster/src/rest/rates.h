#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weir/cluster/cluster_view.h"
#include "weir/core/host.h"

namespace weir::cluster {

/// What a subtask does in a second.
struct SubtaskRates {
  double records_in = 0;
  double records_out = 0;
  double bytes_in = 0;
  double bytes_out = 0;
  double busy_ms = 0;  ///< these three: at most 1000, of the time of one subtask
  double idle_ms = 0;
  double back_pressured_ms = 0;
};

/// Makes rates of counters: notes all jobs' counters every two seconds, and compares what is asked about with what it
/// was about ten seconds before.
///
/// Thread: control loop only.
class Rates {
 public:
  /// Begins to note. Requires: both outlive it.
  Rates(Host& host, const ClusterView& view);

  /// By vertex and subtask. A job that has not been noted yet: over all its time.
  std::vector<std::vector<SubtaskRates>> of(const JobEntry& job) const;

 private:
  struct Sample {
    std::int64_t at_ms = 0;  ///< by the job's clock
    std::shared_ptr<const runtime::JobStatus> status;
  };

  void note();

  Host& host_;
  const ClusterView& view_;
  std::map<JobId, std::deque<Sample>> samples_;  ///< oldest first
  std::unique_ptr<Timer> timer_;
};

}  // namespace weir::cluster
