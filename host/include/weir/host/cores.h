#pragma once

#include <cstdint>

namespace weir::host {

/// Cores this process may run on; 1 when the machine does not tell.
std::uint32_t cores();

}  // namespace weir::host
