#pragma once

#include <cstdint>
#include <vector>

#include "weir/cluster/cluster_view.h"
#include "weir/runtime/job_status.h"

#include "rest/json.h"

// A job as Flink's JSON shows it.

namespace weir::cluster {

/// How many subtasks are in which state, by the states' names in upper or lower case.
enum class NameCase : std::uint8_t { kUpper, kLower };
json::object count_states(const std::vector<runtime::SubtaskStatus>& subtasks, NameCase names);

/// The state of a vertex as a whole.
runtime::TaskState state_of(const runtime::VertexStatus& vertex);

/// When the first of its subtasks began, and when all had ended; -1: not yet.
std::int64_t started_ms(const runtime::VertexStatus& vertex);
std::int64_t ended_ms(const runtime::VertexStatus& vertex);

/// Milliseconds from start to end, or to now if there is no end; -1 without a start.
std::int64_t duration_ms(std::int64_t start, std::int64_t end, std::int64_t now);

/// A subtask's or a vertex's counters: "read-bytes" and so on.
json::object io_metrics(const std::vector<runtime::SubtaskStatus>& subtasks);

json::object job_overview(const JobEntry& job);
json::object job_details(const JobEntry& job);
json::object job_plan(const JobEntry& job);

}  // namespace weir::cluster
