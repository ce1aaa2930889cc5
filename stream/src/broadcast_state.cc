#include "weir/stream/broadcast_state.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::detail {

void check_broadcast_names(const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty())
      throw UserError("a broadcast state has no name: declare it as weir::MapStateDescriptor<Key, Value>(\"name\")");
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<std::ptrdiff_t>(i))
      throw UserError(fmt::format(
          "a stream is broadcast with two states named '{}': a checkpoint could not tell them apart", names[i]));
  }
}

BroadcastStates::BroadcastStates(const std::vector<MakeBroadcastState>& make) {
  for (const MakeBroadcastState& state : make) states_.push_back(state());
}

AnyBroadcastState& BroadcastStates::find(const std::string& name, const void* types) const {
  for (const auto& state : states_)
    if (state->types() == types && state->name() == name) return *state;
  std::vector<std::string> names;
  for (const auto& state : states_) names.push_back(fmt::format("'{}'", state->name()));
  throw UserError(
      fmt::format("the stream was not broadcast with a state '{}' of these types: it has {}; give broadcast() the "
                  "descriptor that the function asks with",
                  name, fmt::join(names, ", ")));
}

void BroadcastStates::add_to(SubtaskStates& states) const {
  for (const auto& state : states_) states.add(*state);
}

}  // namespace weir::detail
