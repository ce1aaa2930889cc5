#pragma once

#include <limits>
#include <optional>

#include "weir/core/ids.h"
#include "weir/core/key_buffer.h"
#include "weir/core/row_key.h"

namespace weir::state {

/// Where the rows of a state lie in a key group: from <= row key < to.
struct RowBounds {
  RowBounds(KeyGroup group, StateId state) {
    append_row_prefix({group, state, std::nullopt}, from);
    if (state.value() == std::numeric_limits<StateId::rep>::max()) {
      append_group_bound(group.value() + 1U, to);
    } else {
      append_row_prefix({group, StateId(static_cast<StateId::rep>(state.value() + 1)), std::nullopt}, to);
    }
  }

  KeyBuffer from;
  KeyBuffer to;
};

}  // namespace weir::state
