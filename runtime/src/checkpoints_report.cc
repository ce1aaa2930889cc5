#include "checkpoints_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/core/scaled.h"

namespace weir::runtime {

namespace {

std::int64_t ms_or_none(const std::optional<Timestamp>& time) { return time ? to_ms(*time) : -1; }

std::uint64_t nanoseconds(std::chrono::nanoseconds time) { return static_cast<std::uint64_t>(time.count()); }

double milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

CheckpointState state_of(checkpoint::CheckpointRecord::State state) {
  using State = checkpoint::CheckpointRecord::State;
  switch (state) {
    case State::kInProgress:
      return CheckpointState::kInProgress;
    case State::kCompleted:
      return CheckpointState::kCompleted;
    case State::kFailed:
      break;
  }
  return CheckpointState::kFailed;
}

CheckpointStatus status_of(const checkpoint::CheckpointRecord& record) {
  CheckpointStatus status;
  status.id = record.checkpoint.value();
  status.state = state_of(record.state);
  status.final = record.final;
  status.savepoint = record.savepoint;
  status.discarded = record.discarded;
  status.trigger_ms = to_ms(record.triggered);
  status.ended_ms = ms_or_none(record.ended);
  status.external_path = record.path;
  status.failure_message = record.failure;
  for (std::size_t i = 0; i < record.tasks.size(); ++i) {
    const checkpoint::TaskRecord& of = record.tasks[i];
    CheckpointTaskStatus task;
    task.vertex = static_cast<std::uint32_t>(i);
    task.acknowledged = of.acknowledged;
    task.subtasks = of.subtasks;
    task.latest_ack_ms = ms_or_none(of.last_ack);
    task.state_bytes = of.state_bytes;
    task.alignment_ns = nanoseconds(of.alignment);
    status.acknowledged += task.acknowledged;
    status.subtasks += task.subtasks;
    status.state_bytes += task.state_bytes;
    status.latest_ack_ms = std::max(status.latest_ack_ms, task.latest_ack_ms);
    status.alignment_ns = std::max(status.alignment_ns, task.alignment_ns);
    status.tasks.push_back(task);
  }
  status.new_bytes = record.statistics.new_bytes;
  status.entries = record.statistics.entries;
  return status;
}

}  // namespace

CheckpointsStatus checkpoints_status(const checkpoint::Options& options, const checkpoint::Coordinator* coordinator) {
  CheckpointsStatus status;
  status.directory = options.directory;
  status.interval_ms = options.interval.count();
  status.timeout_ms = options.timeout.count();
  status.min_pause_ms = options.minimum_pause.count();
  status.retained = options.retained;
  status.keep_on_cancel = options.keep_on_cancel;
  if (coordinator == nullptr) return status;
  const checkpoint::Statistics& statistics = coordinator->statistics();
  status.completed = statistics.completed;
  status.failed = statistics.failed + statistics.cut_off;
  status.restored = statistics.restores;
  for (const checkpoint::CheckpointRecord& record : coordinator->recent()) status.history.push_back(status_of(record));
  if (const auto& restored = statistics.last_restore)
    status.latest_restored = {restored->checkpoint.value(), to_ms(restored->at), restored->savepoint, restored->path};
  return status;
}

std::string describe_completed(const checkpoint::CompletedStatistics& of) {
  return fmt::format("checkpoint {} completed in {:.0f} ms: {} entries, {}, {} of them new; alignment {:.1f} ms",
                     of.checkpoint.value(), milliseconds(of.duration), of.entries, scaled_bytes(of.state_bytes),
                     scaled_bytes(of.new_bytes), milliseconds(of.alignment));
}

}  // namespace weir::runtime
