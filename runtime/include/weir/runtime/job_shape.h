#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/checkpoint/manifest.h"
#include "weir/core/graph.h"

namespace weir::runtime {

/// What a checkpoint's manifest says of the job that takes it.
checkpoint::JobShape job_shape(const Graph& graph, const Plan& plan, std::uint32_t key_groups);

/// A sink of the job promises to show every result exactly once.
bool has_exactly_once_sink(const Graph& graph);

/// Compares the job with the one that a checkpoint was taken of, but for its parallelism, which may have changed;
/// `directory` is for messages.
/// Errors: UserError that names the operators that are there on one side only, or differ, with both sides.
void check_shape(const checkpoint::JobShape& stored, const checkpoint::JobShape& mine, const std::string& directory);

/// What a savepoint may lack of the job, and the job of it.
enum class NonRestoredState : std::uint8_t { kRefused, kDropped };

/// Makes the manifest of a savepoint one of the job: as check_shape(), but with kDropped operators may be there on one
/// side only: the savepoint's are dropped, the job's begin with nothing. Returns what was dropped or is new, in
/// sentences. Errors: UserError.
std::vector<std::string> fit_savepoint(checkpoint::Manifest& manifest, const checkpoint::JobShape& mine,
                                       const std::string& directory, NonRestoredState others);

}  // namespace weir::runtime
