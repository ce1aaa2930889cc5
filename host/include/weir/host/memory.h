#pragma once

#include <cstdint>

namespace weir::host {

/// Bytes of memory; 0 when the machine does not tell. Cheap enough for every second.
std::uint64_t physical_memory();
/// What this process has in memory.
std::uint64_t used_memory();

}  // namespace weir::host
