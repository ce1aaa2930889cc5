#pragma once

#include <cstddef>
#include <limits>

#include "weir/state/keyed_state.h"

namespace weir::detail {

/// How many timers an operator fires before it gives way, saying that its output is full. Where state has a share of
/// memory, every timer that fires leaves something to be written down, and timers may be due without end.
class FiringTurn {
 public:
  static constexpr std::size_t kWithoutEnd = std::numeric_limits<std::size_t>::max();

  /// Null: the operator has no state that is kept.
  explicit FiringTurn(state::KeyedState* state = nullptr) {
    if (state != nullptr && state->limited()) timers_ = kTimers;
  }

  std::size_t timers() const { return timers_; }

 private:
  static constexpr std::size_t kTimers = 64;

  std::size_t timers_ = kWithoutEnd;
};

}  // namespace weir::detail
