#include "weir/stream/names.h"

#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::detail {

namespace {

std::string_view without_kind(std::string_view name) {
  for (const std::string_view kind : {"Source: ", "Sink: "})
    if (name.starts_with(kind)) return name.substr(kind.size());
  return name;
}

std::string_view kind_of(const GraphNode& node) { return node.source ? "source" : node.sink ? "sink" : "operator"; }

/// "number 3 of the graph, behind 'Parse'"
std::string place_of(const Graph& graph, const GraphNode& node) {
  std::string place = fmt::format("number {} of the graph", node.id.value() + 1);
  if (!node.inputs.empty()) place += fmt::format(", behind '{}'", graph.node(node.inputs.front().from).name);
  return place;
}

bool needs_name(const GraphNode& node) { return node.source || node.sink || node.stateful; }

bool has_name(const GraphNode& node) { return node.named && !without_kind(node.name).empty(); }

void check_named(const Graph& graph) {
  std::string missing;
  for (const GraphNode& node : graph.nodes()) {
    if (!needs_name(node) || has_name(node)) continue;
    missing += fmt::format("\n  the {} '{}' ({}): write .name(\"...\") right behind the call that makes it",
                           kind_of(node), node.name, place_of(graph, node));
  }
  if (missing.empty()) return;
  throw UserError("checkpoints find state by names, and these have none yet:" + missing);
}

void check_unique(const Graph& graph) {
  std::map<std::string_view, const GraphNode*> seen;
  for (const GraphNode& node : graph.nodes()) {
    if (!has_name(node)) continue;
    const auto [other, is_new] = seen.try_emplace(node.name, &node);
    if (is_new) continue;
    throw UserError(fmt::format(
        "checkpoints find state by names, and two have the name '{}': the {} {}, and the {} {}; "
        "write another .name(\"...\") behind one of them",
        node.name, kind_of(*other->second), place_of(graph, *other->second), kind_of(node), place_of(graph, node)));
  }
}

}  // namespace

void lend_names(Graph& graph, const std::vector<std::pair<NodeId, NodeId>>& lent) {
  for (const auto& [borrower, first_lender] : lent) {
    if (graph.node(borrower).named) continue;
    const GraphNode* lender = &graph.node(first_lender);
    while (!has_name(*lender) && !lender->inputs.empty()) lender = &graph.node(lender->inputs.front().from);
    if (!has_name(*lender)) continue;
    GraphNode& node = graph.node(borrower);
    node.name += fmt::format(": {}", without_kind(lender->name));
    node.named = true;
  }
}

void tell_apart(Graph& graph) {
  std::map<std::string, int> seen;
  for (const GraphNode& node : graph.nodes())
    if (node.named) seen.emplace(node.name, 1);
  for (std::uint32_t i = 0; i < graph.nodes().size(); ++i) {
    GraphNode& node = graph.node(NodeId(i));
    if (node.named || node.source || node.sink) continue;
    const std::string name = node.name;
    for (int number = ++seen[name]; number > 1;) {
      node.name = fmt::format("{} ({})", name, number);
      if (seen.try_emplace(node.name, 1).second) break;
      number = ++seen[name];
    }
  }
}

void check_names(const Graph& graph) {
  check_named(graph);
  check_unique(graph);
}

}  // namespace weir::detail
