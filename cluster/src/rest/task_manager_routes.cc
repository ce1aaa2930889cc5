#include <algorithm>

#include <fmt/format.h>

#include "rest/log_files.h"
#include "rest/query_metrics.h"
#include "rest/routes.h"

namespace weir::cluster {
namespace {

TaskManagerStatus manager_of(const RestRequest& request, const ClusterView& view) {
  auto managers = view.task_managers();
  const std::string& id = request.at("taskmanagerid");
  const auto found =
      std::find_if(managers.begin(), managers.end(), [&](const auto& manager) { return manager.id == id; });
  if (found == managers.end()) throw RestError(404, fmt::format("there is no TaskManager {}", id));
  return std::move(*found);
}

/// Flink's description of a slot's means. A slot here has a share of the machine and no limits of its own.
json::object resources(const TaskManagerStatus& manager, std::uint32_t slots) {
  constexpr std::uint64_t kMegabyte = 1024 * 1024;
  const double share = manager.slots == 0 ? 0 : static_cast<double>(slots) / manager.slots;
  return {
      {"cpuCores", share * manager.cores},
      {"taskHeapMemory", static_cast<std::uint64_t>(share * static_cast<double>(manager.physical_memory)) / kMegabyte},
      {"taskOffHeapMemory", 0},
      {"managedMemory", 0},
      {"networkMemory", 0},
      {"extendedResources", json::object()}};
}

json::object manager_json(const TaskManagerStatus& manager) {
  return {{"id", utf8(manager.id)},
          {"path", utf8(manager.address)},
          {"dataPort", 0},
          {"jmxPort", -1},
          {"timeSinceLastHeartbeat", manager.last_heartbeat_ms},
          {"slotsNumber", manager.slots},
          {"freeSlots", manager.free_slots},
          {"totalResource", resources(manager, manager.slots)},
          {"freeResource", resources(manager, manager.free_slots)},
          {"hardware",
           {{"cpuCores", manager.cores},
            {"physicalMemory", manager.physical_memory},
            {"freeMemory", manager.physical_memory - std::min(manager.physical_memory, manager.used_memory)},
            {"managedMemory", 0}}},
          {"memoryUsed", manager.used_memory},
          {"processId", manager.process_id},
          {"blocked", false}};
}

json::object manager_details_json(const TaskManagerStatus& manager, const ClusterView& view) {
  json::object object = manager_json(manager);
  json::array slots;
  for (const JobEntry& job : view.jobs()) {
    if (job.status->ended_ms >= 0) continue;
    std::ptrdiff_t most = 0;
    for (const auto& of_vertex : job.task_managers)
      most = std::max(most, std::count(of_vertex.begin(), of_vertex.end(), manager.id));
    for (std::ptrdiff_t i = 0; i < most; ++i) slots.push_back({{"jobId", job.id}, {"resource", resources(manager, 1)}});
  }
  object["allocatedSlots"] = std::move(slots);
  json::object metrics;
  for (const Metric& metric : task_manager_metrics(manager)) metrics[metric.name] = value_number(metric);
  object["metrics"] = std::move(metrics);
  return object;
}

std::vector<std::string> logs_of(const TaskManagerStatus& manager) { return {manager.log_file, manager.stdout_file}; }

}  // namespace

void add_task_manager_routes(Router& router, const ClusterView& view, Host& host) {
  router.get("/taskmanagers", [&view](const RestRequest&) {
    json::array managers;
    for (const TaskManagerStatus& manager : view.task_managers()) managers.push_back(manager_json(manager));
    return json::object{{"taskmanagers", std::move(managers)}};
  });
  router.get("/taskmanagers/metrics", [&view](const RestRequest& request) {
    std::vector<std::vector<Metric>> metrics;
    for (const TaskManagerStatus& manager : view.task_managers()) metrics.push_back(task_manager_metrics(manager));
    return aggregated_metrics_json(request, metrics);
  });
  const std::string one = "/taskmanagers/:taskmanagerid";
  router.get(one,
             [&view](const RestRequest& request) { return manager_details_json(manager_of(request, view), view); });
  router.get(one + "/metrics", [&view](const RestRequest& request) {
    return metrics_json(request, task_manager_metrics(manager_of(request, view)));
  });
  router.add({.pattern = one + "/log", .handle = [&view, &host](const RestRequest& request, const Answer& answer) {
                send_log(host, manager_of(request, view).log_file, request.http(), answer);
              }});
  router.add({.pattern = one + "/stdout", .handle = [&view, &host](const RestRequest& request, const Answer& answer) {
                send_log(host, manager_of(request, view).stdout_file, request.http(), answer);
              }});
  router.add({.pattern = one + "/logs", .handle = [&view, &host](const RestRequest& request, const Answer& answer) {
                list_logs(host, logs_of(manager_of(request, view)), answer);
              }});
  router.add(
      {.pattern = one + "/logs/:filename", .handle = [&view, &host](const RestRequest& request, const Answer& answer) {
         send_log(host, log_named(request.at("filename"), logs_of(manager_of(request, view))), request.http(), answer);
       }});

  // The JobManager's own.
  router.get("/jobmanager/metrics",
             [&view](const RestRequest& request) { return metrics_json(request, cluster_metrics(view)); });
  router.add({.pattern = "/jobmanager/log", .handle = [&view, &host](const RestRequest& request, const Answer& answer) {
                send_log(host, view.log_file(), request.http(), answer);
              }});
  router.add({.pattern = "/jobmanager/logs", .handle = [&view, &host](const RestRequest&, const Answer& answer) {
                list_logs(host, {view.log_file()}, answer);
              }});
  router.add({.pattern = "/jobmanager/logs/:filename",
              .handle = [&view, &host](const RestRequest& request, const Answer& answer) {
                send_log(host, log_named(request.at("filename"), {view.log_file()}), request.http(), answer);
              }});
}

}  // namespace weir::cluster
