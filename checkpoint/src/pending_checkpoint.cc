#include "pending_checkpoint.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"

namespace weir::checkpoint {

PendingCheckpoint::PendingCheckpoint(Trigger trigger, Moment triggered, const std::vector<CoordinatedTask>& tasks)
    : trigger_(std::move(trigger)), triggered_(triggered.monotonic) {
  for (const CoordinatedTask& task : tasks) {
    names_.push_back(task.name);
    acks_.emplace_back(task.subtasks);
    subtasks_ += task.subtasks;
    record_.tasks.emplace_back().subtasks = task.subtasks;
  }
  missing_ = subtasks_;
  record_.checkpoint = trigger_.checkpoint;
  record_.final = trigger_.final;
  record_.savepoint = trigger_.savepoint;
  record_.triggered = triggered.wall;
}

bool PendingCheckpoint::acknowledge(TaskIndex task, SubtaskIndex subtask, TaskSnapshot snapshot, Moment now) {
  WEIR_CHECK(task.value() < acks_.size() && subtask.value() < acks_[task.value()].size(), task.value(),
             subtask.value());
  auto& ack = acks_[task.value()][subtask.value()];
  if (ack) return false;
  alignment_ns_ = std::max(alignment_ns_, snapshot.alignment_ns);
  aligned_batches_ += snapshot.aligned_batches;
  TaskRecord& record = record_.tasks[task.value()];
  ++record.acknowledged;
  record.last_ack = now.wall;
  record.state_bytes += state_bytes(snapshot.operators);
  record.alignment = std::max(record.alignment, std::chrono::nanoseconds(snapshot.alignment_ns));
  ack = std::move(snapshot);
  last_ack_ = now.monotonic;
  --missing_;
  return true;
}

std::string PendingCheckpoint::describe(TaskIndex task, SubtaskIndex subtask) const {
  const std::string& name = names_[task.value()];
  const std::size_t subtasks = acks_[task.value()].size();
  return subtasks == 1 ? fmt::format("'{}'", name) : fmt::format("'{}' ({}/{})", name, subtask.value() + 1, subtasks);
}

std::string PendingCheckpoint::describe_missing() const {
  constexpr std::uint32_t kNamed = 4;
  std::string text;
  std::uint32_t named = 0;
  for (std::uint32_t task = 0; task < acks_.size(); ++task)
    for (std::uint32_t subtask = 0; subtask < acks_[task].size(); ++subtask) {
      if (acks_[task][subtask] || named == kNamed) continue;
      text += (named++ == 0 ? "" : ", ") + describe(TaskIndex(task), SubtaskIndex(subtask));
    }
  if (missing_ > named) text += fmt::format(" and {} more", missing_ - named);
  return text;
}

PendingStatistics PendingCheckpoint::statistics() const {
  return {trigger_.checkpoint, triggered_, subtasks_ - missing_, subtasks_, trigger_.final};
}

std::vector<SinkOutputs> PendingCheckpoint::told() const {
  std::vector<SinkOutputs> told;
  for (const auto& task : acks_)
    for (const auto& ack : task)
      for (const OperatorSnapshot& snapshot : ack->operators)
        if (!snapshot.staged.empty()) told.push_back({snapshot.name, snapshot.staged});
  return told;
}

std::vector<OperatorSnapshot> PendingCheckpoint::take_operators() {
  std::vector<OperatorSnapshot> operators;
  for (auto& task : acks_)
    for (auto& ack : task)
      for (OperatorSnapshot& snapshot : ack->operators) {
        snapshot.staged.clear();
        operators.push_back(std::move(snapshot));
      }
  return operators;
}

CompletedStatistics PendingCheckpoint::completed_statistics(const Manifest& manifest, MonotonicTime now) const {
  std::set<std::string_view> had;
  if (trigger_.base != nullptr)
    for (const OperatorSnapshot& snapshot : trigger_.base->operators)
      if (snapshot.keyed)
        for (const StoredFile& file : snapshot.keyed->files) had.insert(file.path);
  CompletedStatistics statistics;
  statistics.checkpoint = trigger_.checkpoint;
  statistics.completed = now;
  statistics.duration = now - triggered_;
  statistics.alignment = std::chrono::nanoseconds(alignment_ns_);
  statistics.slowest_ack = last_ack_ - triggered_;
  statistics.aligned_batches = aligned_batches_;
  for (const OperatorSnapshot& snapshot : manifest.operators) {
    if (!snapshot.keyed) continue;
    statistics.entries += snapshot.keyed->entries;
    for (const StoredFile& file : snapshot.keyed->files) {
      statistics.state_bytes += file.size;
      if (!had.contains(file.path)) statistics.new_bytes += file.size;
    }
  }
  return statistics;
}

void require_total(const JobShape& shape, const std::vector<OperatorSnapshot>& operators) {
  std::map<std::string_view, std::vector<const OperatorSnapshot*>> by_name;
  for (const OperatorSnapshot& snapshot : operators) by_name[snapshot.name].push_back(&snapshot);
  const auto broken = [](std::string_view name, std::string_view what) {
    throw Error(Domain::kInternal, Retry::kNo,
                fmt::format("the snapshots of operator '{}' {}: the checkpoint is given up", name, what));
  };
  for (const auto& [name, snapshots] : by_name) {
    std::set<SubtaskIndex> subtasks;
    std::uint32_t key_groups = 0;
    bool keyed = false;
    for (const OperatorSnapshot* snapshot : snapshots) {
      if (!subtasks.insert(snapshot->subtask).second) broken(name, "tell a subtask twice");
      if (snapshot->parallelism != snapshots.size()) broken(name, "are not one for each subtask");
      if (!snapshot->keyed) continue;
      keyed = true;
      key_groups += snapshot->keyed->range.size();
      for (const OperatorSnapshot* other : snapshots)
        if (other != snapshot && other->keyed && other->keyed->range.overlaps(snapshot->keyed->range))
          broken(name, "tell a key group twice");
    }
    if (keyed && key_groups != shape.key_groups) broken(name, "leave key groups out");
  }
}

}  // namespace weir::checkpoint
