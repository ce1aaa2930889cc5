#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "weir/core/key_groups.h"
#include "weir/core/snapshot.h"

// What a subtask takes from the handles of a checkpoint whose subtasks had other key groups. Pure decisions.

namespace weir::state {

/// The part of a handle that one subtask takes.
struct HandleShare {
  std::size_t handle = 0;  ///< index
  KeyGroupRange range;     ///< of those that the subtask takes
  bool whole = false;      ///< all that is in the handle

  friend bool operator==(const HandleShare&, const HandleShare&) = default;
};

/// The handles that overlap `range`, in the order of their key groups. Errors: CorruptionError naming the operator when
/// a key group of the range is in no handle, or in two.
std::vector<HandleShare> share_handles(const std::vector<StateHandle>& handles, KeyGroupRange range,
                                       std::string_view operator_name);

/// The states of all handles with shares, each with the lowest of its horizons: what lies below a handle's own horizon
/// is not to be taken from it. Errors: CorruptionError naming operator and state if handles do not have the same
/// states.
std::vector<KeyedStateInfo> merge_states(const std::vector<StateHandle>& handles,
                                         const std::vector<HandleShare>& shares, std::string_view operator_name);

/// The share whose files may be taken over as they are: a whole one without rows that its own horizons hide and
/// `merged` ones do not; of several, one with the most entries. Else shares.size().
std::size_t share_to_take_over(const std::vector<StateHandle>& handles, const std::vector<HandleShare>& shares,
                               const std::vector<KeyedStateInfo>& merged);

/// Whether a subtask takes one handle as it is and nothing else, and the handle counts the entries of its states: what
/// is in its files is known then without reading them.
bool can_begin_cold(const std::vector<StateHandle>& handles, const std::vector<HandleShare>& shares);

}  // namespace weir::state
