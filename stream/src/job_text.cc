#include "weir/stream/job_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::detail {

std::string plan_text(const Plan& plan) {
  std::vector<bool> shown(plan.tasks.size(), false);
  const auto show = [&](TaskIndex index) {
    const PlanTask& task = plan.tasks[index.value()];
    const bool first = !shown[index.value()];
    shown[index.value()] = true;
    return first ? fmt::format("{} ({})", task.name, task.parallelism) : task.name;
  };
  std::vector<const PlanEdge*> left;
  for (const PlanEdge& edge : plan.edges) {
    // A task and its side outputs may reach another by several edges: one exchange for whoever reads it.
    const auto same = [&](const PlanEdge* other) {
      return other->producer == edge.producer && other->consumer == edge.consumer &&
             other->partitioning == edge.partitioning;
    };
    if (std::none_of(left.begin(), left.end(), same)) left.push_back(&edge);
  }
  std::vector<std::string> paths;
  while (!left.empty()) {
    auto next = left.begin();
    std::string path = show((*next)->producer);
    while (next != left.end()) {
      const TaskIndex consumer = (*next)->consumer;
      path += fmt::format(" ={}=> {}", to_string((*next)->partitioning), show(consumer));
      left.erase(next);
      next = std::find_if(left.begin(), left.end(), [&](const PlanEdge* edge) { return edge->producer == consumer; });
    }
    paths.push_back(std::move(path));
  }
  for (const PlanTask& task : plan.tasks)
    if (!shown[task.index.value()]) paths.push_back(show(task.index));
  return fmt::format("{}", fmt::join(paths, "; "));
}

std::vector<std::string> warnings_of(const Graph& graph, Checkpoints checkpoints) {
  std::vector<std::string> warnings;
  const bool taken = checkpoints == Checkpoints::kTaken;
  for (const GraphNode& node : graph.nodes()) {
    if (node.source && !node.source->replayable())
      warnings.push_back(fmt::format("'{}' cannot be read again: records {} when the job fails are lost (at-most-once)",
                                     node.name, taken ? "that no checkpoint holds" : "that are under way"));
    if (node.sink && taken && node.sink->guarantee() == Guarantee::kAtLeastOnce)
      warnings.push_back(fmt::format(
          "'{}' shows results again after a failure, those since the last checkpoint (at-least-once)", node.name));
  }
  if (!taken)
    warnings.emplace_back(
        "There are no checkpoints: after a failure the job begins anew, with empty state. Name a "
        "directory for them with --weir.checkpoint-dir");
  return warnings;
}

}  // namespace weir::detail
