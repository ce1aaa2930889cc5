#include "weir/stream/subtask_state.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::detail {

void SubtaskStates::save(SavedValues& values) const {
  for (const SubtaskState* state : states_) state->save(values);
}

void SubtaskStates::restore(const std::vector<SavedValues>& before, SubtaskPlace now, std::string_view op) {
  try {
    for (SubtaskState* state : states_) state->restore(before, now);
  } catch (const Error& error) {
    throw Error(error.domain(), error.retry(), fmt::format("operator '{}': {}", op, error.what()));
  }
}

bool SubtaskStates::needs_all() const {
  return std::any_of(states_.begin(), states_.end(), [](const SubtaskState* state) { return state->needs_all(); });
}

std::vector<DeclaredValue> SubtaskStates::declared() const {
  std::vector<DeclaredValue> declared;
  for (const SubtaskState* state : states_) declared.push_back({state->title(), state->type()});
  return declared;
}

}  // namespace weir::detail
