#pragma once

#include <cstdint>
#include <optional>

namespace weir::connectors {

/// How many records a generator makes, how fast, and in how many splits.
struct GeneratorOptions {
  std::optional<std::uint64_t> count = std::nullopt;  ///< none: without end
  double records_per_second = 0;                      ///< of all splits together; 0: as fast as possible
  std::uint32_t splits = 1;                           ///< the most subtasks that can share the work
};

}  // namespace weir::connectors
