#include "chosen_states.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "weir/core/error.h"

namespace weir::cluster {

std::string full_name(const CheckpointStates::State& state) { return state.operator_name + "/" + state.info.name; }

std::vector<CheckpointStates::State> find_states(const CheckpointStates& states, const std::string& name) {
  std::vector<CheckpointStates::State> found;
  for (const CheckpointStates::State& state : states.states())
    if (name.empty() || name == state.operator_name || name == state.info.name || name == full_name(state))
      found.push_back(state);
  return found;
}

std::string what_there_is(const CheckpointStates& states) {
  std::vector<std::string> names;
  for (const CheckpointStates::State& state : states.states()) names.push_back(full_name(state));
  return names.empty() ? "the checkpoint has no keyed state" : fmt::format("there is {}", fmt::join(names, ", "));
}

std::vector<CheckpointStates::State> choose_states(const CheckpointStates& states, const std::string& name) {
  std::vector<CheckpointStates::State> chosen = find_states(states, name);
  if (chosen.empty() && !name.empty())
    throw UsageError(fmt::format("there is no state '{}': {}", name, what_there_is(states)));
  return chosen;
}

}  // namespace weir::cluster
