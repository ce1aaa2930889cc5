#include <fmt/format.h>

#include "rest/job_json.h"
#include "rest/query_metrics.h"
#include "rest/routes.h"

namespace weir::cluster {

namespace {

bool is_job_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string configured(const JobEntry& job, std::string_view key) {
  for (const auto& [name, value] : job.configuration)
    if (name == key) return value;
  return {};
}

json::object config_json(const JobEntry& job) {
  json::object user_config;
  for (const auto& [key, value] : job.configuration) user_config[utf8(key)] = utf8(value);
  return {{"jid", job.id},
          {"name", utf8(job.status->name)},
          {"execution-config",
           {{"execution-mode", "PIPELINED"},
            {"restart-strategy", utf8(configured(job, "weir.restart.strategy"))},
            {"job-parallelism", job.status->parallelism},
            {"object-reuse-mode", true},
            {"user-config", std::move(user_config)}}}};
}

json::object exception_json(const runtime::ExceptionStatus& exception) {
  return {{"exceptionName", utf8(exception.message.substr(0, exception.message.find('\n')))},
          {"stacktrace", utf8(exception.message)},
          {"timestamp", exception.at_ms},
          {"failureLabels", json::object()},
          {"taskName", exception.where.empty() ? json::value(nullptr) : json::value(utf8(exception.where))},
          {"endpoint", nullptr},
          {"taskManagerId", nullptr},
          {"concurrentExceptions", json::array()}};
}

/// The newest first, at most ?maxExceptions=n.
json::object exceptions_json(const RestRequest& request, const JobEntry& job) {
  constexpr std::size_t kDefault = 20;
  std::size_t most = kDefault;
  if (const auto text = request.query("maxExceptions")) {
    const bool is_number = text->size() < 9 && text->find_first_not_of("0123456789") == std::string_view::npos;
    if (!is_number) throw RestError(400, fmt::format("maxExceptions: '{}' is no number", *text));
    most = std::stoul(std::string(*text));
  }
  const auto& exceptions = job.status->exceptions;
  const bool truncated = exceptions.size() > most;
  json::array entries;
  json::array all;
  for (std::size_t i = 0; i < std::min(most, exceptions.size()); ++i) {
    const runtime::ExceptionStatus& exception = exceptions[exceptions.size() - 1 - i];
    entries.push_back(exception_json(exception));
    all.push_back({{"exception", utf8(exception.message)},
                   {"task", utf8(exception.where)},
                   {"location", nullptr},
                   {"timestamp", exception.at_ms},
                   {"taskManagerId", nullptr}});
  }
  json::object object{{"root-exception", nullptr},
                      {"timestamp", nullptr},
                      {"all-exceptions", std::move(all)},
                      {"truncated", truncated},
                      {"exceptionHistory", {{"entries", std::move(entries)}, {"truncated", truncated}}}};
  if (!exceptions.empty()) {
    object["root-exception"] = utf8(exceptions.back().message);
    object["timestamp"] = exceptions.back().at_ms;
  }
  return object;
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

void add_job_routes(Router& router, const ClusterView& view) {
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
  router.get("/jobs/:jobid/config", [&view](const RestRequest& request) { return config_json(job_of(request, view)); });
  router.get("/jobs/:jobid/exceptions",
             [&view](const RestRequest& request) { return exceptions_json(request, job_of(request, view)); });
  router.get("/jobs/:jobid/metrics", [&view](const RestRequest& request) {
    return metrics_json(request, job_metrics(*job_of(request, view).status));
  });
  router.get("/jobs/metrics", [&view](const RestRequest& request) {
    std::vector<std::vector<Metric>> metrics;
    for (const JobEntry& job : view.jobs()) metrics.push_back(job_metrics(*job.status));
    return aggregated_metrics_json(request, metrics);
  });
}

}  // namespace weir::cluster
