#pragma once

#include <cstdint>

namespace weir {

/// By which clock something goes.
enum class TimeDomain : std::uint8_t { kEventTime, kProcessingTime };

}  // namespace weir
