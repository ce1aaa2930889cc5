#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/sim/world.h"

namespace weir::tests {

/// What became of the job whose directory is looked at.
enum class AfterJob : std::uint8_t {
  kFinished,
  /// Until it is started again there may be what it wrote for a checkpoint that it did not complete, and what the last
  /// one that it did has replaced.
  kCancelled,
};

/// The first file below a checkpoint directory that nothing leads to; empty: none. What leads to files is the log of
/// the one job in it, the newest `retained` manifests that the log names, and the lock. Requires: the job has ended.
std::string unreachable_file(sim::World& world, const std::string& directory, std::uint32_t retained, AfterJob after);

}  // namespace weir::tests
