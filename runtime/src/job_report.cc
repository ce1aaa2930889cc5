#include "job_report.h"

#include <algorithm>

#include "weir/core/failure.h"
#include "weir/core/time.h"

#include "subtask_counts.h"
#include "vertices.h"

namespace weir::runtime {

namespace {

constexpr std::size_t kChanges = 100;
constexpr std::size_t kExceptions = 20;

bool is_over(JobState state) {
  return state == JobState::kFinished || state == JobState::kFailed || state == JobState::kCanceled;
}

bool is_over(TaskState state) {
  return state == TaskState::kFinished || state == TaskState::kFailed || state == TaskState::kCanceled;
}

/// Keeps the newest.
template <class T>
void bound(std::vector<T>& values, std::size_t size) {
  if (values.size() > size) values.erase(values.begin(), values.end() - static_cast<std::ptrdiff_t>(size));
}

}  // namespace

JobReport::JobReport(Host& host, const Graph& graph, const Plan& plan, const JobOptions& options) : host_(host) {
  status_.name = options.name;
  status_.parallelism = options.parallelism;
  status_.key_groups = options.key_groups;
  status_.vertices = vertices_of(graph, plan);
  for (const VertexStatus& vertex : status_.vertices) {
    auto& subtasks = ended_.emplace_back(vertex.parallelism);
    for (std::uint32_t i = 0; i < vertex.parallelism; ++i) subtasks[i].index = i;
  }
  status_.changes.push_back({JobState::kCreated, to_ms(host_.wall_now())});
}

void JobReport::enter(JobState state) {
  if (state == status_.state) return;
  const std::int64_t now = to_ms(host_.wall_now());
  status_.state = state;
  status_.changes.push_back({state, now});
  bound(status_.changes, kChanges);
  if (status_.started_ms < 0) status_.started_ms = now;
  if (is_over(state)) status_.ended_ms = now;
}

void JobReport::failed(const std::string& where, const std::exception_ptr& error) {
  if (error == last_error_) return;
  last_error_ = error;
  status_.exceptions.push_back({to_ms(host_.wall_now()), where, message_of(error)});
  bound(status_.exceptions, kExceptions);
}

std::vector<std::vector<SubtaskStatus>> JobReport::subtasks(const Attempt& attempt) const {
  std::vector<std::vector<SubtaskStatus>> all = ended_;
  // An attempt that could not be made has fewer; so has one whose other processes have told nothing yet.
  for (const auto& [vertex, counted] : attempt.report().subtasks) {
    if (vertex >= all.size() || counted.index >= all[vertex].size()) continue;
    SubtaskStatus& status = all[vertex][counted.index];
    status = counted;
    status.attempt = attempt_.value() - 1;
    add_earlier(status, ended_[vertex][counted.index]);
  }
  return all;
}

void JobReport::attempt_ends(const Attempt& attempt, TaskState rest) {
  ended_ = subtasks(attempt);
  const std::int64_t now = to_ms(host_.wall_now());
  for (auto& vertex : ended_) {
    for (SubtaskStatus& subtask : vertex) {
      if (is_over(subtask.state)) continue;
      subtask.state = rest;
      subtask.ended_ms = now;
    }
  }
}

JobStatus JobReport::status(const Attempt* attempt) const {
  JobStatus status = status_;
  status.now_ms = to_ms(host_.wall_now());
  auto all = attempt == nullptr ? ended_ : subtasks(*attempt);
  for (std::size_t vertex = 0; vertex < all.size(); ++vertex) status.vertices[vertex].subtasks = std::move(all[vertex]);
  return status;
}

}  // namespace weir::runtime
