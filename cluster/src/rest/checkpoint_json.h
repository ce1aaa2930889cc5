#pragma once

#include "weir/runtime/job_status.h"

#include "rest/json.h"

// A job's checkpoints as Flink's JSON shows them.

namespace weir::cluster {

/// Counts, a summary, the latest of each kind, and the history, newest first.
json::object checkpoints_json(const runtime::CheckpointsStatus& checkpoints);

enum class CheckpointTasks : std::uint8_t { kLeftOut, kShown };

/// One checkpoint. `vertices`: of its job, whose ids name its tasks.
json::object checkpoint_json(const runtime::CheckpointStatus& checkpoint,
                             const std::vector<runtime::VertexStatus>& vertices, CheckpointTasks tasks);

json::object checkpoints_config_json(const runtime::CheckpointsStatus& checkpoints);

/// From the trigger to the last acknowledgement, in milliseconds.
std::int64_t checkpoint_duration_ms(const runtime::CheckpointStatus& checkpoint);

/// The newest that is completed; null: none. Valid as long as the status.
const runtime::CheckpointStatus* latest_completed(const runtime::CheckpointsStatus& checkpoints);

}  // namespace weir::cluster
