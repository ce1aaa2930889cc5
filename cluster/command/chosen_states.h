#pragma once

#include <string>
#include <vector>

#include "checkpoint_states.h"

namespace weir::cluster {

/// The states that `name` chooses: an operator, a state of one, or "<operator>/<state>"; empty: all. May be none.
std::vector<CheckpointStates::State> find_states(const CheckpointStates& states, const std::string& name);

/// "there is counts/slices, ...", for messages about a state that is not among them.
std::string what_there_is(const CheckpointStates& states);

/// The same as find_states(). Errors: UsageError naming those that there are, if there is none.
std::vector<CheckpointStates::State> choose_states(const CheckpointStates& states, const std::string& name);

/// "<operator>/<state>".
std::string full_name(const CheckpointStates::State& state);

}  // namespace weir::cluster
