#include <algorithm>

#include "rest/job_json.h"
#include "rest/prometheus_text.h"
#include "rest/routes.h"

namespace weir::cluster {
namespace {

using runtime::JobState;

json::object overview(const ClusterView& view) {
  const auto jobs = view.jobs();
  const auto count = [&](auto... states) {
    return std::count_if(jobs.begin(), jobs.end(),
                         [&](const JobEntry& job) { return ((job.status->state == states) || ...); });
  };
  std::uint32_t slots = 0;
  std::uint32_t free_slots = 0;
  const auto managers = view.task_managers();
  for (const TaskManagerStatus& manager : managers) {
    slots += manager.slots;
    free_slots += manager.free_slots;
  }
  return {{"taskmanagers", managers.size()},
          {"slots-total", slots},
          {"slots-available", free_slots},
          {"jobs-running", count(JobState::kCreated, JobState::kRunning, JobState::kRestarting, JobState::kFailing,
                                 JobState::kCancelling)},
          {"jobs-finished", count(JobState::kFinished)},
          {"jobs-cancelled", count(JobState::kCanceled)},
          {"jobs-failed", count(JobState::kFailed)},
          {"flink-version", view.version()},
          {"flink-commit", "<unknown>"}};
}

json::object config(const ClusterView& view) {
  return {
      {"refresh-interval", 3000},
      {"timezone-name", "Coordinated Universal Time"},
      {"timezone-offset", 0},
      {"flink-version", view.version()},
      {"weir-version", view.version()},
      {"flink-revision", "<unknown>"},
      {"features",
       {{"web-submit", view.takes_programs()}, {"web-cancel", true}, {"web-rescale", false}, {"web-history", false}}}};
}

}  // namespace

void add_cluster_routes(Router& router, const ClusterView& view) {
  router.get("/overview", [&view](const RestRequest&) { return overview(view); });
  router.get("/config", [&view](const RestRequest&) { return config(view); });
  router.get("/jobmanager/config", [&view](const RestRequest&) {
    json::array entries;
    for (const auto& [key, value] : view.configuration())
      entries.push_back({{"key", utf8(key)}, {"value", utf8(value)}});
    return entries;
  });
}

void add_prometheus_route(Router& router, const ClusterView& view, const Rates& rates) {
  router.add({.pattern = "/metrics", .handle = [&view, &rates](const RestRequest&, const Answer& answer) {
                HttpResponse response;
                response.content_type = "text/plain; version=0.0.4; charset=utf-8";
                response.body = prometheus_text(view, rates);
                answer(std::move(response));
              }});
}

}  // namespace weir::cluster
