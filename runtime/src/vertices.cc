#include "vertices.h"

#include <algorithm>
#include <cctype>
#include <string>

#include <fmt/format.h>

#include "weir/core/hash.h"

namespace weir::runtime {

namespace {

std::string id_of(const GraphNode& first) {
  const Hash128 hash = hash128(fmt::format("vertex {} {}", first.id.value(), first.name));
  return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

std::string ship_strategy(Partitioning partitioning) {
  std::string text = to_string(partitioning);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

/// Edges between the same two vertices that differ in records only are one.
std::vector<VertexInput> inputs_of(const Plan& plan, TaskIndex task) {
  std::vector<VertexInput> inputs;
  for (const PlanEdge& edge : plan.edges) {
    if (edge.consumer != task) continue;
    const VertexInput input{edge.producer.value(), ship_strategy(edge.partitioning)};
    const bool known = std::any_of(inputs.begin(), inputs.end(), [&](const VertexInput& other) {
      return other.vertex == input.vertex && other.ship_strategy == input.ship_strategy;
    });
    if (!known) inputs.push_back(input);
  }
  return inputs;
}

}  // namespace

std::vector<VertexStatus> vertices_of(const Graph& graph, const Plan& plan) {
  std::vector<VertexStatus> vertices;
  for (const PlanTask& task : plan.tasks) {
    VertexStatus vertex;
    vertex.id = id_of(graph.node(task.chain.front()));
    vertex.name = task.name;
    for (const NodeId node : task.chain) vertex.operators.push_back(graph.node(node).name);
    vertex.parallelism = task.parallelism;
    vertex.inputs = inputs_of(plan, task.index);
    vertices.push_back(std::move(vertex));
  }
  return vertices;
}

}  // namespace weir::runtime
