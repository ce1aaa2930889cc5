#include "weir/runtime/state_survey.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "weir/core/evolution.h"
#include "weir/core/key_groups.h"
#include "weir/core/operator.h"
#include "weir/state/keyed_state.h"

#include "user_code.h"

namespace weir::runtime {

using Fate = SurveyedState::Fate;

namespace {

OperatorStates declared_by(const GraphNode& node, Host& host, std::uint32_t key_groups) {
  state::KeyedState::Options options;
  options.operator_name = node.name;
  options.range = {0, static_cast<std::uint16_t>(key_groups)};
  options.key_groups = key_groups;
  options.host = &host;
  state::KeyedState keyed(std::move(options));
  OperatorMetrics metrics;
  OperatorContext context;
  context.name = node.name;
  context.key_groups = key_groups;
  context.checkpoints = true;
  context.host = &host;
  context.metrics = &metrics;
  context.state = &keyed;
  const std::unique_ptr<Operator> op = node.make_operator();
  op->open(context);
  const auto* declares = dynamic_cast<const DeclaresValues*>(op.get());
  return {keyed.declarations(), declares == nullptr ? std::vector<DeclaredValue>{} : declares->declared_values()};
}

/// The values of functions that the operator's subtasks saved, each once.
std::vector<const SavedValue*> stored_values(const checkpoint::Manifest& manifest, const std::string& name) {
  std::vector<const SavedValue*> found;
  for (const OperatorSnapshot& snapshot : manifest.operators) {
    if (snapshot.name != name) continue;
    for (const SavedValue& value : snapshot.values.all()) {
      const bool seen =
          std::any_of(found.begin(), found.end(), [&](const auto* other) { return other->name == value.name; });
      if (!seen && subtask_value_title(value.name)) found.push_back(&value);
    }
  }
  return found;
}

/// A state, as the first of the operator's subtasks that has any tells it: all have the same.
const std::vector<KeyedStateInfo>* stored_states(const checkpoint::Manifest& manifest, const std::string& name) {
  for (const OperatorSnapshot& snapshot : manifest.operators)
    if (snapshot.name == name && snapshot.keyed) return &snapshot.keyed->states;
  return nullptr;
}

Fate fate_of_kind(state::StateFate::Kind kind) {
  switch (kind) {
    case state::StateFate::Kind::kKept:
      return Fate::kKept;
    case state::StateFate::Kind::kMigrated:
      return Fate::kMigrated;
    case state::StateFate::Kind::kRefused:
      break;
  }
  return Fate::kRefused;
}

template <class States>
auto find_state(const States& states, const std::string& name) {
  return std::find_if(states.begin(), states.end(), [&](const auto& state) { return state.name == name; });
}

constexpr const char* kKeyed = "state";

void survey_keyed(const std::string& name, const std::vector<KeyedStateInfo>& stored,
                  const std::vector<state::StateDeclaration>& declared, std::vector<SurveyedState>& out) {
  for (const KeyedStateInfo& state : stored) {
    SurveyedState& surveyed = out.emplace_back(SurveyedState{name, kKeyed, state.name, Fate::kDropped});
    surveyed.stored = to_string(state.value);
    const auto same = find_state(declared, state.name);
    if (same == declared.end()) continue;
    surveyed.declared = to_string(same->value.schema);
    state::StateFate fate = state::fate_of(state, *same);
    surveyed.fate = fate_of_kind(fate.kind);
    surveyed.changes = std::move(fate.changes);
    surveyed.refusal = std::move(fate.refusal);
  }
  for (const state::StateDeclaration& state : declared) {
    if (find_state(stored, state.name) != stored.end()) continue;
    SurveyedState& surveyed = out.emplace_back(SurveyedState{name, kKeyed, state.name, Fate::kNew});
    surveyed.declared = to_string(state.value.schema);
  }
}

/// Those that the checkpoint has: of others it is not known whether they are new or were empty.
void survey_values(const std::string& name, const std::vector<const SavedValue*>& stored,
                   const std::vector<DeclaredValue>& declared, std::vector<SurveyedState>& out) {
  for (const SavedValue* value : stored) {
    const auto title = subtask_value_title(value->name);
    SurveyedState& surveyed =
        out.emplace_back(SurveyedState{name, std::string(title->kind), std::string(title->name), Fate::kDropped});
    surveyed.stored = to_string(value->schema);
    const auto same =
        std::find_if(declared.begin(), declared.end(), [&](const auto& mine) { return mine.title == value->name; });
    if (same == declared.end()) continue;
    surveyed.declared = to_string(same->type.schema);
    const Evolution evolution(value->schema, same->type);
    switch (evolution.compatibility()) {
      case Evolution::Compatibility::kAsIs:
        surveyed.fate = Fate::kKept;
        break;
      case Evolution::Compatibility::kMigrated:
        surveyed.fate = Fate::kMigrated;
        surveyed.changes = evolution.changes();
        break;
      case Evolution::Compatibility::kRefused:
        surveyed.fate = Fate::kRefused;
        surveyed.refusal = explain_refusal(evolution, value->schema, same->type.schema);
        break;
    }
  }
}

}  // namespace

DeclaredStates declared_states(const Graph& graph, const checkpoint::Manifest& manifest, Host& host,
                               std::uint32_t key_groups) {
  DeclaredStates declared;
  run_user_code([&] {
    for (const GraphNode& node : graph.nodes())
      if (node.keyed || (node.make_operator && !stored_values(manifest, node.name).empty()))
        declared.emplace(node.name, declared_by(node, host, key_groups));
  });
  return declared;
}

const char* to_string(Fate fate) {
  switch (fate) {
    case Fate::kKept:
      return "kept";
    case Fate::kMigrated:
      return "migrated";
    case Fate::kNew:
      return "new";
    case Fate::kDropped:
      return "dropped";
    case Fate::kRefused:
      return "incompatible";
  }
  return "?";
}

std::vector<SurveyedState> survey_states(const checkpoint::Manifest& manifest, const DeclaredStates& declared) {
  std::vector<SurveyedState> survey;
  std::vector<std::string> seen;
  for (const OperatorSnapshot& snapshot : manifest.operators) {
    if (std::find(seen.begin(), seen.end(), snapshot.name) != seen.end()) continue;
    seen.push_back(snapshot.name);
    const auto mine = declared.find(snapshot.name);
    const OperatorStates states = mine == declared.end() ? OperatorStates{} : mine->second;
    const std::vector<KeyedStateInfo>* keyed = stored_states(manifest, snapshot.name);
    survey_keyed(snapshot.name, keyed == nullptr ? std::vector<KeyedStateInfo>{} : *keyed, states.keyed, survey);
    survey_values(snapshot.name, stored_values(manifest, snapshot.name), states.values, survey);
  }
  for (const auto& [name, states] : declared)
    if (std::find(seen.begin(), seen.end(), name) == seen.end()) survey_keyed(name, {}, states.keyed, survey);
  return survey;
}

std::string sentence_about(const SurveyedState& state) {
  const std::string of = fmt::format("operator '{}', {} '{}'", state.operator_name, state.kind, state.name);
  switch (state.fate) {
    case Fate::kMigrated:
      return fmt::format("{}: its values are brought up to date: {}", of, fmt::join(state.changes, ", "));
    case Fate::kDropped:
      return fmt::format("{} is dropped: the job has none: {}", of, state.stored);
    case Fate::kRefused:
      return fmt::format("{}: {}", of, state.refusal);
    case Fate::kKept:
    case Fate::kNew:
      break;
  }
  return fmt::format("{} is {}", of, to_string(state.fate));
}

}  // namespace weir::runtime
