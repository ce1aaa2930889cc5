#include "rest/rates.h"

#include <algorithm>

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using runtime::JobStatus;
using runtime::SubtaskStatus;

constexpr auto kInterval = 2s;
constexpr std::size_t kSamples = 6;
/// Over less time a rate says nothing.
constexpr std::int64_t kLeastTimeMs = 500;

bool is_over(const JobStatus& status) { return status.ended_ms >= 0; }

const SubtaskStatus* find(const JobStatus* status, std::size_t vertex, std::size_t subtask) {
  if (status == nullptr || vertex >= status->vertices.size()) return nullptr;
  const auto& subtasks = status->vertices[vertex].subtasks;
  return subtask < subtasks.size() ? &subtasks[subtask] : nullptr;
}

SubtaskRates rates(const SubtaskStatus& now, const SubtaskStatus& before, std::int64_t time_ms) {
  const double seconds = static_cast<double>(time_ms) / 1000;
  const auto per_second = [seconds](std::uint64_t value, std::uint64_t earlier) {
    // Another process of the job counts from the beginning.
    return value >= earlier ? static_cast<double>(value - earlier) / seconds : 0;
  };
  const auto share = [&](std::uint64_t value, std::uint64_t earlier) {
    return std::min(1000.0, per_second(value, earlier) / 1e6);
  };
  return {.records_in = per_second(now.records_in, before.records_in),
          .records_out = per_second(now.records_out, before.records_out),
          .bytes_in = per_second(now.bytes_in, before.bytes_in),
          .bytes_out = per_second(now.bytes_out, before.bytes_out),
          .busy_ms = share(now.busy_ns, before.busy_ns),
          .idle_ms = share(now.idle_ns, before.idle_ns),
          .back_pressured_ms = share(now.back_pressured_ns, before.back_pressured_ns)};
}

}  // namespace

Rates::Rates(Host& host, const ClusterView& view) : host_(host), view_(view) {
  timer_ = host_.at(host_.monotonic_now() + kInterval, [this] { note(); });
}

void Rates::note() {
  const auto jobs = view_.jobs();
  std::erase_if(samples_, [&](const auto& known) {
    return std::none_of(jobs.begin(), jobs.end(),
                        [&](const JobEntry& job) { return job.id == known.first && !is_over(*job.status); });
  });
  for (const JobEntry& job : jobs) {
    if (is_over(*job.status)) continue;
    auto& samples = samples_[job.id];
    // A status that was told before says nothing new; a clock that went back makes what was noted useless.
    if (!samples.empty() && samples.back().at_ms == job.status->now_ms) continue;
    if (!samples.empty() && samples.back().at_ms > job.status->now_ms) samples.clear();
    samples.push_back({job.status->now_ms, job.status});
    if (samples.size() > kSamples) samples.pop_front();
  }
  timer_ = host_.at(host_.monotonic_now() + kInterval, [this] { note(); });
}

std::vector<std::vector<SubtaskRates>> Rates::of(const JobEntry& job) const {
  const JobStatus& status = *job.status;
  const JobStatus* before = nullptr;
  std::int64_t time_ms = status.now_ms - status.started_ms;
  if (const auto samples = samples_.find(job.id); samples != samples_.end() && !samples->second.empty()) {
    const Sample& oldest = samples->second.front();
    if (status.now_ms - oldest.at_ms >= kLeastTimeMs) {
      before = oldest.status.get();
      time_ms = status.now_ms - oldest.at_ms;
    }
  }
  const bool runs = !is_over(status) && status.started_ms >= 0 && time_ms > 0;
  std::vector<std::vector<SubtaskRates>> all;
  for (std::size_t vertex = 0; vertex < status.vertices.size(); ++vertex) {
    auto& of_vertex = all.emplace_back(status.vertices[vertex].subtasks.size());
    for (std::size_t subtask = 0; runs && subtask < of_vertex.size(); ++subtask) {
      const SubtaskStatus* earlier = find(before, vertex, subtask);
      of_vertex[subtask] =
          rates(*find(&status, vertex, subtask), earlier == nullptr ? SubtaskStatus{} : *earlier, time_ms);
    }
  }
  return all;
}

}  // namespace weir::cluster
