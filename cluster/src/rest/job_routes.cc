#include <fmt/format.h>

#include "rest/job_json.h"
#include "rest/routes.h"

namespace weir::cluster {

namespace {

bool is_job_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

JobEntry job_of(const RestRequest& request, const ClusterView& view) {
  const std::string& id = request.at("jobid");
  if (!is_job_id(id))
    throw RestError(400, fmt::format("'{}' is no job id: it must be 32 hex digits in lower case", id));
  auto job = view.job(id);
  if (!job) throw RestError(404, fmt::format("Job {} not found", id));
  return *std::move(job);
}

void add_job_routes(Router& router, const ClusterView& view, Host&) {
  router.get("/jobs", [&view](const RestRequest&) {
    json::array jobs;
    for (const JobEntry& job : view.jobs()) jobs.push_back({{"id", job.id}, {"status", to_string(job.status->state)}});
    return json::object{{"jobs", std::move(jobs)}};
  });
  router.get("/jobs/overview", [&view](const RestRequest&) {
    json::array jobs;
    for (const JobEntry& job : view.jobs()) jobs.push_back(job_overview(job));
    return json::object{{"jobs", std::move(jobs)}};
  });
  router.get("/jobs/:jobid", [&view](const RestRequest& request) { return job_details(job_of(request, view)); });
  router.get("/jobs/:jobid/plan",
             [&view](const RestRequest& request) { return json::object{{"plan", job_plan(job_of(request, view))}}; });
}

}  // namespace weir::cluster
