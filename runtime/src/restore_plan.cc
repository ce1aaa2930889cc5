#include "weir/runtime/restore_plan.h"

#include <algorithm>

#include "weir/core/error.h"
#include "weir/runtime/job_shape.h"

namespace weir::runtime {

namespace {

using checkpoint::ManifestNode;

const ManifestNode* find_node(const std::vector<ManifestNode>& nodes, const ManifestNode& like) {
  const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const ManifestNode& node) {
    return node.name == like.name && node.kind == like.kind;
  });
  return found == nodes.end() ? nullptr : &*found;
}

std::vector<PlannedNode> plan_nodes(const checkpoint::JobShape& stored, const checkpoint::JobShape& mine) {
  using Fate = PlannedNode::Fate;
  std::vector<PlannedNode> nodes;
  for (const ManifestNode& node : mine.nodes) {
    const ManifestNode* before = find_node(stored.nodes, node);
    nodes.push_back({node.name, node.kind, before != nullptr ? Fate::kKept : Fate::kNew,
                     before != nullptr ? before->parallelism : 0, node.parallelism});
  }
  for (const ManifestNode& node : stored.nodes)
    if (find_node(mine.nodes, node) == nullptr)
      nodes.push_back({node.name, node.kind, Fate::kDropped, node.parallelism, 0});
  return nodes;
}

/// What a job that allows so much would be told.
std::string refusal_of(checkpoint::Manifest manifest, const std::vector<SurveyedState>& states,
                       const checkpoint::JobShape& mine, const std::string& directory, NonRestoredState others) {
  try {
    fit_savepoint(manifest, mine, directory, others);
    check_states(states, directory, others);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

const char* to_string(PlannedNode::Fate fate) {
  switch (fate) {
    case PlannedNode::Fate::kKept:
      return "kept";
    case PlannedNode::Fate::kNew:
      return "new";
    case PlannedNode::Fate::kDropped:
      return "dropped";
  }
  return "?";
}

RestorePlan plan_restore(const checkpoint::Manifest& manifest, const Graph& graph, const Plan& plan, Host& host,
                         std::uint32_t key_groups, const std::string& directory) {
  const checkpoint::JobShape mine = job_shape(graph, plan, key_groups);
  RestorePlan restore;
  restore.nodes = plan_nodes(manifest.shape, mine);
  restore.states = survey_states(manifest, declared_states(graph, manifest, host, key_groups));
  restore.refusal = refusal_of(manifest, restore.states, mine, directory, NonRestoredState::kDropped);
  // Those of operators that are gone count with them.
  std::vector<SurveyedState> of_kept = restore.states;
  std::erase_if(of_kept, [&](const SurveyedState& state) {
    return std::any_of(restore.nodes.begin(), restore.nodes.end(), [&](const PlannedNode& node) {
      return node.name == state.operator_name && node.fate == PlannedNode::Fate::kDropped;
    });
  });
  if (restore.refusal.empty())
    restore.drops = refusal_of(manifest, of_kept, mine, directory, NonRestoredState::kRefused);
  return restore;
}

}  // namespace weir::runtime
