#pragma once

#include <cstdint>

namespace weir::tests {

/// How often this program has called operator new. Thread-safe.
std::uint64_t allocations();

}  // namespace weir::tests
