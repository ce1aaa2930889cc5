#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "recovery/fault_plan.h"
#include "recovery/recovery_case.h"

namespace weir::tests {

/// What became of a job that lived through a plan.
struct Ordeal {
  std::string fault;  ///< what was wrong; empty: nothing
  RecoveryCase::Files output;
  std::uint64_t trace = 0;
  std::uint64_t events = 0;
  std::uint32_t kills = 0;  ///< of those planned, the ones that came to pass
  std::uint32_t power_losses = 0;
  std::uint32_t cancels = 0;   ///< jobs that ended because they were asked to
  std::uint32_t looks = 0;     ///< times that the checkpoint directory was searched for what nothing leads to
  std::uint32_t rescales = 0;  ///< processes that began with another parallelism than the one before
  std::uint32_t failures = 0;  ///< processes that ended because the job failed
  std::uint32_t restarts = 0;  ///< attempts that failed within a process
  std::map<std::string, std::uint64_t, std::less<>> crash_points;  ///< how often each was hit
};

/// Runs a job in a world of the case's seed through the plan, starting it again on the disk that it left, until it has
/// finished; a reader of its output looks after every event. `tell`, unless empty, gets what the job says.
Ordeal live_through(const RecoveryCase& of, const FaultPlan& plan,
                    const std::function<void(const std::string&)>& tell = {});

}  // namespace weir::tests
