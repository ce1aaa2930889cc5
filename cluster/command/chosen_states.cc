#include "chosen_states.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "weir/core/error.h"

namespace weir::cluster {

std::string full_name(const CheckpointStates::State& state) { return state.operator_name + "/" + state.info.name; }

std::vector<CheckpointStates::State> choose_states(const CheckpointStates& states, const std::string& name) {
  std::vector<CheckpointStates::State> chosen;
  std::vector<std::string> names;
  for (const CheckpointStates::State& state : states.states()) {
    names.push_back(full_name(state));
    if (name.empty() || name == state.operator_name || name == state.info.name || name == names.back())
      chosen.push_back(state);
  }
  if (chosen.empty() && !name.empty())
    throw UsageError(names.empty() ? fmt::format("there is no state '{}': the checkpoint has no keyed state", name)
                                   : fmt::format("there is no state '{}': there is {}", name, fmt::join(names, ", ")));
  return chosen;
}

}  // namespace weir::cluster
