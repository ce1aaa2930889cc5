#pragma once

#include <memory>
#include <vector>

#include "weir/core/graph.h"
#include "weir/core/time.h"
#include "weir/runtime/share_report.h"
#include "weir/runtime/task_metrics.h"

namespace weir::runtime {

/// What the counters say, by task and subtask; null: none are here. Of the one attempt that they belong to.
ShareReport count_subtasks(const Graph& graph, const Plan& plan,
                           const std::vector<std::vector<std::unique_ptr<TaskMetrics>>>& metrics, MonotonicTime now);

/// Adds what the subtask had counted in attempts before.
void add_earlier(SubtaskStatus& subtask, const SubtaskStatus& earlier);

}  // namespace weir::runtime
