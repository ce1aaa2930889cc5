#pragma once

#include <string>
#include <vector>

#include "checkpoint_states.h"

namespace weir::cluster {

/// The states that `name` chooses: an operator, a state of one, or "<operator>/<state>"; empty: all.
/// Errors: UsageError naming those that there are.
std::vector<CheckpointStates::State> choose_states(const CheckpointStates& states, const std::string& name);

/// "<operator>/<state>".
std::string full_name(const CheckpointStates::State& state);

}  // namespace weir::cluster
