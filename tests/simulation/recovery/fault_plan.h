#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "weir/core/time.h"
#include "weir/sim/crash_points.h"
#include "weir/sim/disk_fault.h"

namespace weir::tests {

/// How a process of the job ends: at a crash point, or behind so many events of it.
struct PlannedKill {
  std::string crash_point;  ///< empty: none
  std::uint64_t nth = 1;
  sim::Side side = sim::Side::kBefore;
  std::uint64_t events = 0;  ///< without a crash point
  bool power = false;        ///< what was not synced is lost, too
  bool cancel = false;       ///< it is no death: the job is asked to end, behind so many events
};

/// Something that is wrong with the disk for some time.
struct PlannedDiskFault {
  std::chrono::nanoseconds from{0};
  std::chrono::nanoseconds lasts{0};
  sim::DiskFault fault;
};

/// What a job must live through. When all of it has happened, the job must finish.
struct FaultPlan {
  std::vector<PlannedKill> kills;  ///< one process after the other
  std::vector<PlannedDiskFault> disk;
  std::set<std::uint64_t> user_failures;  ///< calls of user code that throw
  std::vector<std::pair<std::chrono::nanoseconds, Duration>> wall_jumps;
  std::optional<std::uint64_t> capacity;  ///< bytes that fit on the disk besides the input, until the disk is healed

  std::string describe() const;
};

/// The plan of a seed; now and then an empty one.
FaultPlan draw_fault_plan(std::uint64_t seed);

/// One death at a crash point; `recovering`: behind another one in the middle of the job.
FaultPlan plan_for(const std::string& crash_point, std::uint64_t nth, sim::Side side, bool power, bool recovering);

}  // namespace weir::tests
