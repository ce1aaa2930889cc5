#include "weir/stream/subtask_state.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::detail {

bool is_subtask_state(std::string_view title) {
  return title.starts_with(kListState) || title.starts_with(kUnionListState) || title.starts_with(kBroadcastState);
}

void SubtaskStates::save(SavedValues& values) const {
  for (const SubtaskState* state : states_) state->save(values);
}

void SubtaskStates::restore(const std::vector<SavedValues>& before, SubtaskPlace now, std::string_view op) {
  for (const SavedValues& values : before) refuse_unknown(values, op);
  try {
    for (SubtaskState* state : states_) state->restore(before, now);
  } catch (const Error& error) {
    throw Error(error.domain(), error.retry(), fmt::format("operator '{}': {}", op, error.what()));
  }
}

bool SubtaskStates::needs_all() const {
  return std::any_of(states_.begin(), states_.end(), [](const SubtaskState* state) { return state->needs_all(); });
}

void SubtaskStates::refuse_unknown(const SavedValues& values, std::string_view op) const {
  for (const SavedValue& value : values.all()) {
    if (!is_subtask_state(value.name)) continue;
    const bool known = std::any_of(states_.begin(), states_.end(),
                                   [&value](const SubtaskState* state) { return state->title() == value.name; });
    if (known) continue;
    throw UserError(fmt::format(
        "operator '{}': the checkpoint holds a {}, which the function does not keep any more: keep it in open() as "
        "before, under the same name",
        op, value.name));
  }
}

}  // namespace weir::detail
