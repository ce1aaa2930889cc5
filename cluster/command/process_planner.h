#pragma once

#include <string>

#include "weir/cluster/program_plan.h"
#include "weir/host/real_host.h"

namespace weir::cluster {

/// Asks programs for their plans by starting them. Thread: control loop only.
class ProcessPlanner final : public ProgramPlanner {
 public:
  /// A program that says nothing for so long is killed.
  static constexpr Duration kTimeOut{10'000};

  /// `uploads`: programs in this directory are made executable first; empty: none.
  /// Requires: `host` outlives it.
  ProcessPlanner(host::RealHost& host, std::string uploads, Duration time_out = kTimeOut)
      : host_(host), uploads_(std::move(uploads)), time_out_(time_out) {}

  void plan(const ProgramCommand& command, Planned done) override;

 private:
  host::RealHost& host_;
  const std::string uploads_;
  const Duration time_out_;
};

}  // namespace weir::cluster
