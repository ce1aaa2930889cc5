#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "weir/checkpoint/manifest.h"
#include "weir/core/graph.h"
#include "weir/core/host.h"
#include "weir/core/subtask_values.h"
#include "weir/state/state_declaration.h"

// What becomes of every state of a checkpoint in a job, before the job runs.

namespace weir::runtime {

/// The states of one operator of a job.
struct OperatorStates {
  std::vector<state::StateDeclaration> keyed;
  std::vector<DeclaredValue> values;  ///< list states and broadcast states
};

/// By the operators' names.
using DeclaredStates = std::map<std::string, OperatorStates>;

/// Opens a copy of each operator that has keyed state, or had state of subtasks in the checkpoint, to see what it adds,
/// and drops it again. Runs user code. Blocks as long as that does. Errors: what it throws, always a std::exception.
DeclaredStates declared_states(const Graph& graph, const checkpoint::Manifest& manifest, Host& host,
                               std::uint32_t key_groups);

/// A state of the checkpoint, of the job, or of both.
struct SurveyedState {
  enum class Fate : std::uint8_t {
    kKept,
    kMigrated,  ///< its values are changed as `changes` say
    kNew,       ///< the checkpoint has none: it begins empty
    kDropped,   ///< the job has none
    kRefused,   ///< the job cannot read it: `refusal`
  };

  std::string operator_name;
  std::string kind;  ///< "state" of a keyed one, "list state", "union list state", "broadcast state"
  std::string name;
  Fate fate = Fate::kKept;
  std::vector<std::string> changes = {};
  std::string refusal = {};
  std::string stored = {};    ///< its schema in the checkpoint, as text; empty: it is not there
  std::string declared = {};  ///< in the job
};

/// "kept", "migrated", "new", "dropped", "incompatible".
const char* to_string(SurveyedState::Fate fate);

/// By operator, those of the checkpoint first. Pure.
std::vector<SurveyedState> survey_states(const checkpoint::Manifest& manifest, const DeclaredStates& declared);

/// A sentence for people. Requires: neither kept nor new.
std::string sentence_about(const SurveyedState& state);

}  // namespace weir::runtime
