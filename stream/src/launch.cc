#include "launch.h"

#include <fmt/format.h>

#include "weir/core/error.h"
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

}  // namespace

Launch take_launch(std::map<std::string, std::string>& variables) {
  constexpr const char* kPlan = "WEIR_PLAN_FD";
  constexpr const char* kWorker = "WEIR_WORKER_FD";
  Launch launch;
  const std::string plan = take(variables, kPlan);
  const std::string worker = take(variables, kWorker);
  launch.job = take(variables, "WEIR_WORKER_JOB");
  launch.graph = take(variables, "WEIR_WORKER_GRAPH");
  take(variables, "WEIR_CLUSTER_DIR");
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
