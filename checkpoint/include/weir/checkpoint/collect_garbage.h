#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/core/host.h"

namespace weir::checkpoint {

/// What nothing in a job's directory needs.
struct Garbage {
  std::vector<std::string> paths;  ///< absolute, sorted: files, and directories with all that is in them
  std::uint64_t bytes = 0;
};

enum class Collect : std::uint8_t { kList, kRemove };

/// Finds, and removes if asked to, what no completed checkpoint of the job at `directory` needs: what a killed process
/// left behind and the next one would remove. Holds the job's lock meanwhile, as `holder`.
///
/// Blocks. Errors: UserError when a process runs the job, naming it; CorruptionError when a manifest cannot be read,
/// for then nobody knows what is needed: nothing is removed; ExternalError.
Garbage collect_garbage(Host& host, const std::string& directory, const std::string& holder, Collect what);

}  // namespace weir::checkpoint
