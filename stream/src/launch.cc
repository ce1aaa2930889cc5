#include "launch.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/core/key_groups.h"
#include "weir/stream/value_text.h"

namespace weir::detail {

namespace {

std::string take(std::map<std::string, std::string>& variables, const std::string& name) {
  const auto node = variables.extract(name);
  return node.empty() ? std::string() : node.mapped();
}

int descriptor_of(const std::string& name, const std::string& value) {
  const auto number = parse_value<std::uint16_t>(value);
  if (!number) throw UsageError(fmt::format("{}: '{}' is no descriptor: a cluster sets it, nobody else", name, value));
  return *number;
}

[[noreturn]] void refuse(const std::string& name, const std::string& value) {
  throw UsageError(fmt::format("{}: '{}' means nothing: a cluster sets it, nobody else", name, value));
}

template <class Number>
Number number_of(const std::string& name, const std::string& value) {
  const auto number = parse_value<Number>(value);
  if (!number) refuse(name, value);
  return *number;
}

/// "0,0,1"
std::vector<std::uint32_t> placement_of(const std::string& name, const std::string& value) {
  std::vector<std::uint32_t> placement;
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t end = std::min(value.find(',', at), value.size());
    placement.push_back(number_of<std::uint32_t>(name, value.substr(at, end - at)));
    if (placement.back() >= kMaxKeyGroups) refuse(name, value);
    at = end + 1;
  }
  return placement;
}

/// "2000,10000"
cluster::HeartbeatLimits limits_of(const std::string& name, const std::string& value) {
  cluster::HeartbeatLimits limits;
  if (value.empty()) return limits;
  const std::size_t comma = std::min(value.find(','), value.size() - 1);
  limits.interval = Duration(number_of<std::uint32_t>(name, value.substr(0, comma)));
  limits.silence = Duration(number_of<std::uint32_t>(name, value.substr(comma + 1)));
  return limits;
}

/// What a process needs to know of the others of its job.
void take_processes(std::map<std::string, std::string>& variables, Launch& launch) {
  constexpr const char* kPlacement = "WEIR_WORKER_PLACEMENT";
  constexpr const char* kProcess = "WEIR_WORKER_PROCESS";
  constexpr const char* kAttempt = "WEIR_WORKER_ATTEMPT";
  constexpr const char* kLeader = "WEIR_WORKER_LEADER";
  const std::string placement = take(variables, kPlacement);
  const std::string process = take(variables, kProcess);
  const std::string attempt = take(variables, kAttempt);
  const std::string leader = take(variables, kLeader);
  launch.secret = take(variables, "WEIR_WORKER_SECRET");
  if (const std::string host = take(variables, "WEIR_WORKER_HOST"); !host.empty()) launch.host = host;
  launch.tls.certificate = take(variables, "WEIR_WORKER_TLS_CERTIFICATE");
  launch.tls.key = take(variables, "WEIR_WORKER_TLS_KEY");
  launch.tls.ca = take(variables, "WEIR_WORKER_TLS_CA");
  if (placement.empty()) return;
  launch.placement = placement_of(kPlacement, placement);
  launch.process = number_of<std::uint32_t>(kProcess, process);
  launch.attempt = number_of<std::uint64_t>(kAttempt, attempt);
  if (launch.process == 0) return;
  const std::size_t colon = leader.rfind(':');
  if (colon == std::string::npos) refuse(kLeader, leader);
  launch.leader_host = leader.substr(0, colon);
  launch.leader_port = number_of<std::uint16_t>(kLeader, leader.substr(colon + 1));
}

}  // namespace

Launch take_launch(std::map<std::string, std::string>& variables) {
  constexpr const char* kPlan = "WEIR_PLAN_FD";
  constexpr const char* kWorker = "WEIR_WORKER_FD";
  constexpr const char* kHeartbeat = "WEIR_WORKER_HEARTBEAT";
  Launch launch;
  const std::string plan = take(variables, kPlan);
  const std::string worker = take(variables, kWorker);
  launch.from = take(variables, "WEIR_PLAN_FROM");
  launch.checkpoint = take(variables, "WEIR_PLAN_CHECKPOINT");
  launch.job = take(variables, "WEIR_WORKER_JOB");
  launch.graph = take(variables, "WEIR_WORKER_GRAPH");
  launch.limits = limits_of(kHeartbeat, take(variables, kHeartbeat));
  take(variables, "WEIR_CLUSTER_DIR");
  take_processes(variables, launch);
  if (!plan.empty()) {
    launch.mode = Launch::Mode::kPlan;
    launch.descriptor = descriptor_of(kPlan, plan);
  } else if (!worker.empty()) {
    launch.mode = Launch::Mode::kWorker;
    launch.descriptor = descriptor_of(kWorker, worker);
  }
  return launch;
}

std::string graph_mark(std::uint64_t fingerprint, const std::string& plan_text) {
  return fmt::format("{:016x} {}", fingerprint, plan_text);
}

}  // namespace weir::detail
