#include "weir/core/graph.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/core/hash.h"

namespace weir {

const char* to_string(Partitioning partitioning) {
  switch (partitioning) {
    case Partitioning::kForward:
      return "forward";
    case Partitioning::kHash:
      return "hash";
    case Partitioning::kRebalance:
      return "rebalance";
    case Partitioning::kBroadcast:
      return "broadcast";
  }
  return "unknown";
}

NodeId Graph::add(GraphNode node) {
  node.id = NodeId(static_cast<std::uint32_t>(nodes_.size()));
  for (const GraphInput& input : node.inputs) {
    WEIR_CHECK(input.from.value() < nodes_.size(), input.from.value());
    WEIR_CHECK(input.port < nodes_[input.from.value()].outputs.size(), input.port);
  }
  nodes_.push_back(std::move(node));
  return nodes_.back().id;
}

GraphNode& Graph::node(NodeId id) {
  WEIR_CHECK(id.value() < nodes_.size(), id.value());
  return nodes_[id.value()];
}

const GraphNode& Graph::node(NodeId id) const {
  WEIR_CHECK(id.value() < nodes_.size(), id.value());
  return nodes_[id.value()];
}

std::uint64_t Graph::fingerprint() const {
  std::string text;
  const auto add = [&text](std::string_view part) { text += fmt::format("{}:{};", part.size(), part); };
  for (const GraphNode& node : nodes_) {
    add(node.source ? "source" : node.sink ? "sink" : "operator");
    add(node.name);
    for (const GraphPort& port : node.outputs) add(port.type);
    for (const GraphInput& input : node.inputs)
      add(fmt::format("{}.{} {} {}", input.from.value(), input.port, to_string(input.partitioning),
                      input.index.value()));
    add("|");
  }
  return hash_bytes(text);
}

namespace {

std::uint32_t parallelism_of(const GraphNode& node, std::uint32_t default_parallelism, std::uint32_t key_groups) {
  const std::uint32_t wanted = node.parallelism.value_or(std::min(default_parallelism, node.max_parallelism));
  if (wanted == 0) throw UserError(fmt::format("operator '{}': parallelism must be at least 1", node.name));
  if (wanted > node.max_parallelism)
    throw UserError(fmt::format("operator '{}': parallelism {} is not possible, at most {} is", node.name, wanted,
                                node.max_parallelism));
  if (wanted > key_groups)
    throw UserError(
        fmt::format("operator '{}': parallelism {} is more than the job's {} key groups: lower it, or give the "
                    "job more of them (--weir.key-groups, fixed once there are checkpoints)",
                    node.name, wanted, key_groups));
  return wanted;
}

std::size_t consumers(const Graph& graph, NodeId of, std::uint32_t port) {
  std::size_t count = 0;
  for (const GraphNode& node : graph.nodes())
    for (const GraphInput& input : node.inputs) count += input.from == of && input.port == port ? 1 : 0;
  return count;
}

/// Puts the edge on a lane of an earlier one of the same node's, if there is one with a lower port: tasks send signs on
/// their lowest port last, so that lane 0 may send them for all.
void share_channels(const Plan& plan, PlanEdge& edge) {
  edge.shares = plan.edges.size();
  for (const PlanEdge& other : plan.edges) {
    if (other.from != edge.from || other.consumer != edge.consumer || other.partitioning != edge.partitioning ||
        other.port >= edge.port)
      continue;
    edge.shares = other.shares;
    break;
  }
  std::size_t lane = 0;
  for (const PlanEdge& other : plan.edges) lane += other.shares == edge.shares ? 1 : 0;
  if (lane >= kMaxLanes)
    throw UserError(fmt::format("one operator takes more than {} streams from task '{}': map one of them in between",
                                kMaxLanes, plan.tasks[edge.producer.value()].name));
  edge.lane = static_cast<std::uint8_t>(lane);
}

}  // namespace

Plan make_plan(const Graph& graph, std::uint32_t default_parallelism, std::uint32_t key_groups) {
  if (graph.nodes().empty())
    throw UserError("the job is empty: it needs at least a source and a sink, such as env.from_values({1, 2}).print()");
  Plan plan;
  std::vector<TaskIndex> task_of(graph.nodes().size());
  for (const GraphNode& node : graph.nodes()) {
    const std::uint32_t parallelism = node.follows_input
                                          ? plan.tasks[task_of[node.inputs.front().from.value()].value()].parallelism
                                          : parallelism_of(node, default_parallelism, key_groups);
    const GraphInput* only = node.inputs.size() == 1 ? &node.inputs.front() : nullptr;
    const bool chained = only != nullptr && only->partitioning == Partitioning::kForward && only->port == 0 &&
                         consumers(graph, only->from, 0) == 1 &&
                         plan.tasks[task_of[only->from.value()].value()].parallelism == parallelism &&
                         plan.tasks[task_of[only->from.value()].value()].chain.back() == only->from;
    if (chained) {
      const TaskIndex task = task_of[only->from.value()];
      task_of[node.id.value()] = task;
      plan.tasks[task.value()].chain.push_back(node.id);
      plan.tasks[task.value()].name += " -> " + node.name;
      continue;
    }
    const TaskIndex task(static_cast<std::uint32_t>(plan.tasks.size()));
    task_of[node.id.value()] = task;
    plan.tasks.push_back({task, node.name, {node.id}, parallelism});
    for (const GraphInput& input : node.inputs) {
      const TaskIndex producer = task_of[input.from.value()];
      const bool uneven = plan.tasks[producer.value()].parallelism != parallelism;
      const Partitioning partitioning =
          input.partitioning == Partitioning::kForward && uneven ? Partitioning::kRebalance : input.partitioning;
      PlanEdge edge{input.from, input.port, producer, task, input.index, partitioning, input.hash_keys};
      share_channels(plan, edge);
      plan.edges.push_back(std::move(edge));
    }
  }
  return plan;
}

}  // namespace weir
