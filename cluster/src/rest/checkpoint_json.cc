#include "rest/checkpoint_json.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace weir::cluster {
namespace {

using runtime::CheckpointsStatus;
using runtime::CheckpointState;
using runtime::CheckpointStatus;

const char* name_of(CheckpointState state) {
  switch (state) {
    case CheckpointState::kInProgress:
      return "IN_PROGRESS";
    case CheckpointState::kCompleted:
      return "COMPLETED";
    case CheckpointState::kFailed:
      break;
  }
  return "FAILED";
}

/// Flink tells the classes of its Java objects apart by this.
const char* class_of(CheckpointState state) {
  switch (state) {
    case CheckpointState::kInProgress:
      return "in_progress";
    case CheckpointState::kCompleted:
      return "completed";
    case CheckpointState::kFailed:
      break;
  }
  return "failed";
}

constexpr std::uint64_t kMillisecond = 1'000'000;

/// Minimum, maximum, average and percentiles; all 0 of no values.
json::object summary(std::vector<std::int64_t> values) {
  std::sort(values.begin(), values.end());
  const auto percentile = [&](double share) {
    if (values.empty()) return 0.0;
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
    return static_cast<double>(values[std::max<std::size_t>(rank, 1) - 1]);
  };
  std::int64_t sum = 0;
  for (const std::int64_t value : values) sum += value;
  const auto count = static_cast<std::int64_t>(values.size());
  return {{"min", values.empty() ? 0 : values.front()},
          {"max", values.empty() ? 0 : values.back()},
          {"avg", values.empty() ? 0 : sum / count},
          {"p50", percentile(0.5)},
          {"p90", percentile(0.9)},
          {"p95", percentile(0.95)},
          {"p99", percentile(0.99)},
          {"p999", percentile(0.999)}};
}

json::object summaries(const CheckpointsStatus& checkpoints) {
  const auto over_completed = [&](const std::function<std::int64_t(const CheckpointStatus&)>& value) {
    std::vector<std::int64_t> values;
    for (const CheckpointStatus& checkpoint : checkpoints.history)
      if (checkpoint.state == CheckpointState::kCompleted) values.push_back(value(checkpoint));
    return summary(std::move(values));
  };
  const auto nothing = [&] { return over_completed([](const CheckpointStatus&) { return std::int64_t{0}; }); };
  return {{"checkpointed_size", over_completed([](const auto& c) { return static_cast<std::int64_t>(c.new_bytes); })},
          {"state_size", over_completed([](const auto& c) { return static_cast<std::int64_t>(c.state_bytes); })},
          {"end_to_end_duration", over_completed(checkpoint_duration_ms)},
          {"alignment_buffered", nothing()},
          {"processed_data", nothing()},
          {"persisted_data", nothing()}};
}

json::value restored_json(const CheckpointsStatus& checkpoints) {
  if (!checkpoints.latest_restored) return nullptr;
  const runtime::RestoredCheckpoint& restored = *checkpoints.latest_restored;
  return {{"id", restored.id},
          {"restore_timestamp", restored.at_ms},
          {"is_savepoint", restored.savepoint},
          {"external_path", utf8(restored.external_path)}};
}

json::value latest(const CheckpointsStatus& checkpoints, const std::function<bool(const CheckpointStatus&)>& fits) {
  const auto found = std::find_if(checkpoints.history.rbegin(), checkpoints.history.rend(), fits);
  if (found == checkpoints.history.rend()) return nullptr;
  return checkpoint_json(*found, {}, CheckpointTasks::kLeftOut);
}

json::object task_json(const runtime::CheckpointTaskStatus& task, const CheckpointStatus& checkpoint) {
  const bool complete = task.acknowledged == task.subtasks;
  const auto state = complete ? CheckpointState::kCompleted : checkpoint.state;
  return {{"id", checkpoint.id},
          {"status", name_of(state)},
          {"latest_ack_timestamp", task.latest_ack_ms},
          {"checkpointed_size", task.state_bytes},
          {"state_size", task.state_bytes},
          {"end_to_end_duration",
           task.latest_ack_ms < 0 ? 0 : std::max<std::int64_t>(0, task.latest_ack_ms - checkpoint.trigger_ms)},
          {"alignment_buffered", 0},
          {"alignment_duration", task.alignment_ns / kMillisecond},
          {"processed_data", 0},
          {"persisted_data", 0},
          {"num_subtasks", task.subtasks},
          {"num_acknowledged_subtasks", task.acknowledged}};
}

}  // namespace

std::int64_t checkpoint_duration_ms(const CheckpointStatus& checkpoint) {
  const std::int64_t end = checkpoint.ended_ms >= 0 ? checkpoint.ended_ms : checkpoint.latest_ack_ms;
  return end < 0 ? 0 : std::max<std::int64_t>(0, end - checkpoint.trigger_ms);
}

const CheckpointStatus* latest_completed(const CheckpointsStatus& checkpoints) {
  const auto found = std::find_if(checkpoints.history.rbegin(), checkpoints.history.rend(), [](const auto& checkpoint) {
    return checkpoint.state == CheckpointState::kCompleted;
  });
  return found == checkpoints.history.rend() ? nullptr : &*found;
}

json::object checkpoint_json(const CheckpointStatus& checkpoint, const std::vector<runtime::VertexStatus>& vertices,
                             CheckpointTasks tasks) {
  json::object task_objects;
  if (tasks == CheckpointTasks::kShown)
    for (const runtime::CheckpointTaskStatus& task : checkpoint.tasks)
      task_objects[vertices.at(task.vertex).id] = task_json(task, checkpoint);
  json::object object{{"className", class_of(checkpoint.state)},
                      {"id", checkpoint.id},
                      {"status", name_of(checkpoint.state)},
                      {"is_savepoint", checkpoint.savepoint},
                      {"savepointFormat", checkpoint.savepoint ? json::value("NATIVE") : json::value(nullptr)},
                      {"trigger_timestamp", checkpoint.trigger_ms},
                      {"latest_ack_timestamp", checkpoint.latest_ack_ms},
                      {"checkpointed_size", checkpoint.new_bytes},
                      {"state_size", checkpoint.state_bytes},
                      {"end_to_end_duration", checkpoint_duration_ms(checkpoint)},
                      {"alignment_buffered", 0},
                      {"alignment_duration", checkpoint.alignment_ns / kMillisecond},
                      {"processed_data", 0},
                      {"persisted_data", 0},
                      {"num_subtasks", checkpoint.subtasks},
                      {"num_acknowledged_subtasks", checkpoint.acknowledged},
                      {"checkpoint_type", checkpoint.savepoint ? "SAVEPOINT" : "CHECKPOINT"},
                      {"entries", checkpoint.entries},
                      {"is_final", checkpoint.final},
                      {"tasks", std::move(task_objects)}};
  switch (checkpoint.state) {
    case CheckpointState::kInProgress:
      break;
    case CheckpointState::kCompleted:
      object["external_path"] = utf8(checkpoint.external_path);
      object["discarded"] = checkpoint.discarded;
      break;
    case CheckpointState::kFailed:
      object["failure_timestamp"] = checkpoint.ended_ms;
      object["failure_message"] = utf8(checkpoint.failure_message);
      break;
  }
  return object;
}

json::object checkpoints_json(const CheckpointsStatus& checkpoints) {
  const auto in_progress = static_cast<std::uint64_t>(
      std::count_if(checkpoints.history.begin(), checkpoints.history.end(),
                    [](const auto& checkpoint) { return checkpoint.state == CheckpointState::kInProgress; }));
  json::array history;
  for (auto checkpoint = checkpoints.history.rbegin(); checkpoint != checkpoints.history.rend(); ++checkpoint)
    history.push_back(checkpoint_json(*checkpoint, {}, CheckpointTasks::kLeftOut));
  return {{"counts",
           {{"restored", checkpoints.restored},
            {"total", checkpoints.completed + checkpoints.failed + in_progress},
            {"in_progress", in_progress},
            {"completed", checkpoints.completed},
            {"failed", checkpoints.failed}}},
          {"summary", summaries(checkpoints)},
          {"latest",
           {{"completed", latest(checkpoints,
                                 [](const auto& checkpoint) {
                                   return checkpoint.state == CheckpointState::kCompleted && !checkpoint.savepoint;
                                 })},
            {"savepoint", latest(checkpoints,
                                 [](const auto& checkpoint) {
                                   return checkpoint.state == CheckpointState::kCompleted && checkpoint.savepoint;
                                 })},
            {"failed",
             latest(checkpoints, [](const auto& checkpoint) { return checkpoint.state == CheckpointState::kFailed; })},
            {"restored", restored_json(checkpoints)}}},
          {"history", std::move(history)}};
}

json::object checkpoints_config_json(const CheckpointsStatus& checkpoints) {
  return {{"mode", "exactly_once"},
          {"interval", checkpoints.interval_ms},
          {"timeout", checkpoints.timeout_ms},
          {"min_pause", checkpoints.min_pause_ms},
          {"max_concurrent", 1},
          {"externalization", {{"enabled", true}, {"delete_on_cancellation", !checkpoints.keep_on_cancel}}},
          {"state_backend", "rocksdb"},
          {"checkpoint_storage", utf8(checkpoints.directory)},
          {"unaligned_checkpoints", false},
          {"aligned_checkpoint_timeout", 0},
          {"checkpoints_after_tasks_finish", true},
          {"state_changelog_enabled", false},
          {"retained", checkpoints.retained}};
}

}  // namespace weir::cluster
