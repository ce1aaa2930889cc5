#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/checkpoint/manifest.h"
#include "weir/core/graph.h"
#include "weir/runtime/state_survey.h"
#include "weir/state/non_restored.h"

namespace weir::runtime {

/// What a checkpoint's manifest says of the job that takes it.
checkpoint::JobShape job_shape(const Graph& graph, const Plan& plan, std::uint32_t key_groups);

/// A sink of the job promises to show every result exactly once.
bool has_exactly_once_sink(const Graph& graph);

/// Compares the job with the one that a checkpoint was taken of, but for its parallelism and the types of its records,
/// which may have changed: no checkpoint holds records. `directory` is for messages.
/// Errors: UserError that names the operators that are there on one side only, or differ, with both sides.
void check_shape(const checkpoint::JobShape& stored, const checkpoint::JobShape& mine, const std::string& directory);

/// What a checkpoint may hold that the job does not take.
using NonRestoredState = state::NonRestored;

/// Refuses what survey_states() found to be incompatible, and what would be dropped unless it may.
/// Errors: UserError that names every such state, the incompatible ones with both schemas.
void check_states(const std::vector<SurveyedState>& survey, const std::string& directory, NonRestoredState others);

/// Makes the manifest of a savepoint one of the job: as check_shape(), but with kDropped operators may be there on one
/// side only: the savepoint's are dropped, the job's begin with nothing. Returns what was dropped or is new, in
/// sentences. Errors: UserError.
std::vector<std::string> fit_savepoint(checkpoint::Manifest& manifest, const checkpoint::JobShape& mine,
                                       const std::string& directory, NonRestoredState others);

}  // namespace weir::runtime
