#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "rest/job_json.h"
#include "rest/query_metrics.h"
#include "rest/routes.h"

namespace weir::cluster {
namespace {

using runtime::SubtaskStatus;
using runtime::VertexStatus;

/// A vertex that a request names.
struct Place {
  JobEntry job;
  std::size_t index = 0;

  const VertexStatus& vertex() const { return job.status->vertices[index]; }

  std::string task_manager(std::size_t subtask) const {
    if (index >= job.task_managers.size() || subtask >= job.task_managers[index].size()) return "(unassigned)";
    return job.task_managers[index][subtask];
  }
};

Place place_of(const RestRequest& request, const ClusterView& view) {
  Place place{job_of(request, view)};
  const auto& vertices = place.job.status->vertices;
  const std::string& id = request.at("vertexid");
  const auto found =
      std::find_if(vertices.begin(), vertices.end(), [&](const auto& vertex) { return vertex.id == id; });
  if (found == vertices.end()) throw RestError(404, fmt::format("job {} has no vertex {}", place.job.id, id));
  place.index = static_cast<std::size_t>(found - vertices.begin());
  return place;
}

std::size_t subtask_of(const RestRequest& request, const Place& place) {
  const std::string& text = request.at("subtaskindex");
  for (std::size_t i = 0; i < place.vertex().subtasks.size(); ++i)
    if (std::to_string(i) == text) return i;
  throw RestError(404, fmt::format("vertex {} has no subtask {}", place.vertex().id, text));
}

/// How long the subtask was in each state, as far as that is known: all of it in the one that it is in.
json::object status_durations(const SubtaskStatus& subtask, std::int64_t duration) {
  json::object durations;
  for (const char* state : {"CREATED", "SCHEDULED", "DEPLOYING", "INITIALIZING", "RUNNING"})
    durations[state] = std::string_view(state) == to_string(subtask.state) ? duration : -1;
  return durations;
}

json::object subtask_json(const Place& place, std::size_t index) {
  const SubtaskStatus& subtask = place.vertex().subtasks[index];
  const std::string manager = place.task_manager(index);
  const std::int64_t duration = duration_ms(subtask.started_ms, subtask.ended_ms, place.job.status->now_ms);
  return {{"subtask", index},
          {"status", to_string(subtask.state)},
          {"attempt", subtask.attempt},
          {"endpoint", utf8(manager)},
          {"host", utf8(manager)},
          {"start-time", subtask.started_ms},
          {"start_time", subtask.started_ms},
          {"end-time", subtask.ended_ms},
          {"duration", duration},
          {"metrics", io_metrics({subtask})},
          {"taskmanager-id", utf8(manager)},
          {"status-duration", status_durations(subtask, duration)}};
}

json::object vertex_json(const Place& place) {
  const VertexStatus& vertex = place.vertex();
  json::array subtasks;
  for (std::size_t i = 0; i < vertex.subtasks.size(); ++i) subtasks.push_back(subtask_json(place, i));
  return {{"id", vertex.id},
          {"name", utf8(vertex.name)},
          {"parallelism", vertex.parallelism},
          {"maxParallelism", place.job.status->key_groups},
          {"now", place.job.status->now_ms},
          {"subtasks", std::move(subtasks)}};
}

json::object task_managers_json(const Place& place) {
  const VertexStatus& vertex = place.vertex();
  std::map<std::string, VertexStatus> by_manager;
  for (std::size_t i = 0; i < vertex.subtasks.size(); ++i)
    by_manager[place.task_manager(i)].subtasks.push_back(vertex.subtasks[i]);
  json::array managers;
  for (const auto& [id, part] : by_manager) {
    const std::int64_t start = started_ms(part);
    const std::int64_t end = ended_ms(part);
    managers.push_back({{"endpoint", utf8(id)},
                        {"host", utf8(id)},
                        {"status", to_string(state_of(part))},
                        {"start-time", start},
                        {"end-time", end},
                        {"duration", duration_ms(start, end, place.job.status->now_ms)},
                        {"metrics", io_metrics(part.subtasks)},
                        {"status-counts", count_states(part.subtasks, NameCase::kUpper)},
                        {"taskmanager-id", utf8(id)}});
  }
  return {{"id", vertex.id},
          {"name", utf8(vertex.name)},
          {"now", place.job.status->now_ms},
          {"taskmanagers", std::move(managers)}};
}

const char* level_of(double ratio) { return ratio <= 0.1 ? "ok" : ratio <= 0.5 ? "low" : "high"; }

json::object backpressure_json(const Place& place, const std::vector<SubtaskRates>& rates) {
  constexpr double kSecond = 1000;
  double worst = 0;
  json::array subtasks;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const double ratio = rates[i].back_pressured_ms / kSecond;
    worst = std::max(worst, ratio);
    subtasks.push_back({{"subtask", i},
                        {"attempt-number", place.vertex().subtasks[i].attempt},
                        {"backpressureLevel", level_of(ratio)},
                        {"backpressure-level", level_of(ratio)},
                        {"ratio", ratio},
                        {"idleRatio", rates[i].idle_ms / kSecond},
                        {"busyRatio", rates[i].busy_ms / kSecond}});
  }
  return {{"status", "ok"},
          {"backpressureLevel", level_of(worst)},
          {"backpressure-level", level_of(worst)},
          {"end-timestamp", place.job.status->now_ms},
          {"subtasks", std::move(subtasks)}};
}

constexpr const char* kWatermark = "currentInputWatermark";

json::array watermarks_json(const Place& place) {
  json::array watermarks;
  for (std::size_t i = 0; i < place.vertex().subtasks.size(); ++i)
    for (const Metric& metric : subtask_metrics(place.vertex().subtasks[i], {}))
      if (metric.name == kWatermark)
        watermarks.push_back({{"id", fmt::format("{}.{}", i, kWatermark)}, {"value", value_text(metric)}});
  return watermarks;
}

std::vector<std::vector<Metric>> metrics_of(const Place& place, const Rates& rates) {
  const auto of_job = rates.of(place.job);
  std::vector<std::vector<Metric>> metrics;
  for (std::size_t i = 0; i < place.vertex().subtasks.size(); ++i)
    metrics.push_back(subtask_metrics(place.vertex().subtasks[i], of_job[place.index][i]));
  return metrics;
}

/// "0.numRecordsIn" and so on.
std::vector<Metric> with_subtasks(const std::vector<std::vector<Metric>>& metrics) {
  std::vector<Metric> all;
  for (std::size_t i = 0; i < metrics.size(); ++i)
    for (const Metric& metric : metrics[i]) all.push_back({fmt::format("{}.{}", i, metric.name), metric.value});
  return all;
}

/// The subtasks of ?subtasks=0-2,5; all without. What is out of range is left out.
std::set<std::size_t> chosen_subtasks(const RestRequest& request, std::size_t count) {
  const auto number = [](std::string_view text) -> std::size_t {
    constexpr std::size_t kDigits = 9;
    if (text.empty() || text.size() > kDigits || text.find_first_not_of("0123456789") != std::string_view::npos)
      throw RestError(400, fmt::format("subtasks: '{}' is no number: write 0-2,5", text));
    return std::stoul(std::string(text));
  };
  std::set<std::size_t> chosen;
  const auto add = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i <= to && i < count; ++i) chosen.insert(i);
  };
  const auto ranges = request.query_list("subtasks");
  if (ranges.empty()) add(0, count);
  for (const std::string& range : ranges) {
    const std::size_t dash = range.find('-');
    const std::size_t from = number(range.substr(0, dash));
    add(from, dash == std::string::npos ? from : number(range.substr(dash + 1)));
  }
  return chosen;
}

}  // namespace

void add_vertex_routes(Router& router, const ClusterView& view, const Rates& rates) {
  const std::string vertex = "/jobs/:jobid/vertices/:vertexid";
  router.get(vertex, [&view](const RestRequest& request) { return vertex_json(place_of(request, view)); });
  router.get(vertex + "/taskmanagers",
             [&view](const RestRequest& request) { return task_managers_json(place_of(request, view)); });
  router.get(vertex + "/watermarks",
             [&view](const RestRequest& request) { return watermarks_json(place_of(request, view)); });
  router.get(vertex + "/backpressure", [&view, &rates](const RestRequest& request) {
    const Place place = place_of(request, view);
    return backpressure_json(place, rates.of(place.job)[place.index]);
  });
  router.get(vertex + "/metrics", [&view, &rates](const RestRequest& request) {
    return metrics_json(request, with_subtasks(metrics_of(place_of(request, view), rates)));
  });
  router.get(vertex + "/subtasks/metrics", [&view, &rates](const RestRequest& request) {
    const auto metrics = metrics_of(place_of(request, view), rates);
    std::vector<std::vector<Metric>> chosen;
    for (const std::size_t subtask : chosen_subtasks(request, metrics.size())) chosen.push_back(metrics[subtask]);
    return aggregated_metrics_json(request, chosen);
  });
  router.get(vertex + "/subtasks/:subtaskindex", [&view](const RestRequest& request) {
    const Place place = place_of(request, view);
    return subtask_json(place, subtask_of(request, place));
  });
  router.get(vertex + "/subtasks/:subtaskindex/metrics", [&view, &rates](const RestRequest& request) {
    const Place place = place_of(request, view);
    return metrics_json(request, metrics_of(place, rates)[subtask_of(request, place)]);
  });
}

}  // namespace weir::cluster
