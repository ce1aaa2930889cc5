#pragma once

#include <cstdint>

namespace weir::state {

/// What becomes of states that a checkpoint has and the job does not.
enum class NonRestored : std::uint8_t { kRefused, kDropped };

}  // namespace weir::state
