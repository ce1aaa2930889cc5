#include "rest/job_json.h"

#include <algorithm>

namespace weir::cluster {
namespace {

using runtime::JobState;
using runtime::JobStatus;
using runtime::SubtaskStatus;
using runtime::TaskState;
using runtime::VertexStatus;

constexpr std::array kTaskStates{TaskState::kCreated, TaskState::kDeploying, TaskState::kInitializing,
                                 TaskState::kRunning, TaskState::kCanceled,  TaskState::kFailed,
                                 TaskState::kFinished};

/// Flink's states that no task of ours comes into.
constexpr std::array<std::string_view, 3> kNeverStates{"SCHEDULED", "CANCELING", "RECONCILING"};

constexpr std::array kJobStates{JobState::kCreated,    JobState::kRunning, JobState::kRestarting, JobState::kFailing,
                                JobState::kCancelling, JobState::kFailed,  JobState::kCanceled,   JobState::kFinished};

constexpr std::array<std::string_view, 3> kNeverJobStates{"RECONCILING", "INITIALIZING", "SUSPENDED"};

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::vector<SubtaskStatus> subtasks_of(const JobStatus& status) {
  std::vector<SubtaskStatus> all;
  for (const VertexStatus& vertex : status.vertices)
    all.insert(all.end(), vertex.subtasks.begin(), vertex.subtasks.end());
  return all;
}

/// When the job came into each state last; 0: never.
json::object timestamps_of(const JobStatus& status) {
  json::object timestamps;
  for (const JobState state : kJobStates) {
    const auto last = std::find_if(status.changes.rbegin(), status.changes.rend(),
                                   [state](const auto& change) { return change.state == state; });
    timestamps[to_string(state)] = last == status.changes.rend() ? 0 : last->at_ms;
  }
  for (const std::string_view state : kNeverJobStates) timestamps[state] = 0;
  return timestamps;
}

json::object vertex_overview(const VertexStatus& vertex, const JobEntry& job) {
  const JobStatus& status = *job.status;
  const std::int64_t start = started_ms(vertex);
  const std::int64_t end = ended_ms(vertex);
  return {{"id", vertex.id},
          {"slotSharingGroupId", job.id},
          {"name", utf8(vertex.name)},
          {"maxParallelism", status.key_groups},
          {"parallelism", vertex.parallelism},
          {"status", to_string(state_of(vertex))},
          {"start-time", start},
          {"end-time", end},
          {"duration", duration_ms(start, end, status.now_ms)},
          {"tasks", count_states(vertex.subtasks, NameCase::kUpper)},
          {"metrics", io_metrics(vertex.subtasks)}};
}

}  // namespace

json::object count_states(const std::vector<SubtaskStatus>& subtasks, NameCase names) {
  const auto name = [names](std::string_view state) {
    return names == NameCase::kUpper ? std::string(state) : lower_case(state);
  };
  json::object counts;
  for (const TaskState state : kTaskStates)
    counts[name(to_string(state))] = std::count_if(subtasks.begin(), subtasks.end(),
                                                   [state](const auto& subtask) { return subtask.state == state; });
  for (const std::string_view state : kNeverStates) counts[name(state)] = 0;
  return counts;
}

TaskState state_of(const VertexStatus& vertex) {
  const auto is_in = [&](TaskState state) {
    return [state](const SubtaskStatus& subtask) { return subtask.state == state; };
  };
  const auto& subtasks = vertex.subtasks;
  // The first of these that any subtask is in; finished only when all are.
  for (const TaskState state : {TaskState::kFailed, TaskState::kCanceled})
    if (std::any_of(subtasks.begin(), subtasks.end(), is_in(state))) return state;
  if (!subtasks.empty() && std::all_of(subtasks.begin(), subtasks.end(), is_in(TaskState::kFinished)))
    return TaskState::kFinished;
  if (std::any_of(subtasks.begin(), subtasks.end(), is_in(TaskState::kRunning)) ||
      std::any_of(subtasks.begin(), subtasks.end(), is_in(TaskState::kFinished)))
    return TaskState::kRunning;
  for (const TaskState state : {TaskState::kInitializing, TaskState::kDeploying})
    if (std::any_of(subtasks.begin(), subtasks.end(), is_in(state))) return state;
  return TaskState::kCreated;
}

std::int64_t started_ms(const VertexStatus& vertex) {
  std::int64_t least = -1;
  for (const SubtaskStatus& subtask : vertex.subtasks)
    if (subtask.started_ms >= 0 && (least < 0 || subtask.started_ms < least)) least = subtask.started_ms;
  return least;
}

std::int64_t ended_ms(const VertexStatus& vertex) {
  std::int64_t last = -1;
  for (const SubtaskStatus& subtask : vertex.subtasks) {
    if (subtask.ended_ms < 0) return -1;
    last = std::max(last, subtask.ended_ms);
  }
  return last;
}

std::int64_t duration_ms(std::int64_t start, std::int64_t end, std::int64_t now) {
  if (start < 0) return -1;
  return std::max<std::int64_t>(0, (end < 0 ? now : end) - start);
}

json::object io_metrics(const std::vector<SubtaskStatus>& subtasks) {
  SubtaskStatus sum;
  for (const SubtaskStatus& subtask : subtasks) {
    sum.bytes_in += subtask.bytes_in;
    sum.bytes_out += subtask.bytes_out;
    sum.records_in += subtask.records_in;
    sum.records_out += subtask.records_out;
    sum.back_pressured_ns += subtask.back_pressured_ns;
    sum.idle_ns += subtask.idle_ns;
    sum.busy_ns += subtask.busy_ns;
  }
  constexpr std::uint64_t kMillisecond = 1'000'000;
  return {{"read-bytes", sum.bytes_in},
          {"read-bytes-complete", true},
          {"write-bytes", sum.bytes_out},
          {"write-bytes-complete", true},
          {"read-records", sum.records_in},
          {"read-records-complete", true},
          {"write-records", sum.records_out},
          {"write-records-complete", true},
          {"accumulated-backpressured-time", sum.back_pressured_ns / kMillisecond},
          {"accumulated-idle-time", sum.idle_ns / kMillisecond},
          {"accumulated-busy-time", sum.busy_ns / kMillisecond}};
}

json::object job_overview(const JobEntry& job) {
  const JobStatus& status = *job.status;
  const auto subtasks = subtasks_of(status);
  json::object tasks = count_states(subtasks, NameCase::kLower);
  tasks["total"] = subtasks.size();
  return {{"jid", job.id},
          {"name", utf8(status.name)},
          {"start-time", status.started_ms},
          {"end-time", status.ended_ms},
          {"duration", duration_ms(status.started_ms, status.ended_ms, status.now_ms)},
          {"state", to_string(status.state)},
          {"last-modification", status.changes.empty() ? status.started_ms : status.changes.back().at_ms},
          {"tasks", std::move(tasks)}};
}

json::object job_details(const JobEntry& job) {
  const JobStatus& status = *job.status;
  json::array vertices;
  json::object status_counts;
  for (const TaskState state : kTaskStates)
    status_counts[to_string(state)] =
        std::count_if(status.vertices.begin(), status.vertices.end(),
                      [state](const VertexStatus& vertex) { return state_of(vertex) == state; });
  for (const std::string_view state : kNeverStates) status_counts[state] = 0;
  for (const VertexStatus& vertex : status.vertices) vertices.push_back(vertex_overview(vertex, job));
  return {{"jid", job.id},
          {"name", utf8(status.name)},
          {"isStoppable", status.checkpoints.has_value()},
          {"state", to_string(status.state)},
          {"job-type", "STREAMING"},
          {"start-time", status.started_ms},
          {"end-time", status.ended_ms},
          {"duration", duration_ms(status.started_ms, status.ended_ms, status.now_ms)},
          {"maxParallelism", status.key_groups},
          {"now", status.now_ms},
          {"timestamps", timestamps_of(status)},
          {"vertices", std::move(vertices)},
          {"status-counts", std::move(status_counts)},
          {"plan", job_plan(job)}};
}

json::object job_plan(const JobEntry& job) {
  const JobStatus& status = *job.status;
  json::array nodes;
  for (const VertexStatus& vertex : status.vertices) {
    json::array inputs;
    std::int64_t number = 0;
    for (const runtime::VertexInput& input : vertex.inputs)
      inputs.push_back({{"num", number++},
                        {"id", status.vertices.at(input.vertex).id},
                        {"ship_strategy", input.ship_strategy},
                        {"exchange", "pipelined_bounded"}});
    json::object node{
        {"id", vertex.id},         {"parallelism", vertex.parallelism}, {"operator", ""},
        {"operator_strategy", ""}, {"description", utf8(vertex.name)},  {"optimizer_properties", json::object()}};
    if (!inputs.empty()) node["inputs"] = std::move(inputs);
    nodes.push_back(std::move(node));
  }
  return {{"jid", job.id}, {"name", utf8(status.name)}, {"type", "STREAMING"}, {"nodes", std::move(nodes)}};
}

}  // namespace weir::cluster
