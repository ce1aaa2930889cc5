#include "weir/runtime/job_shape.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::runtime {

using checkpoint::JobShape;
using checkpoint::ManifestNode;
using checkpoint::NodeKind;

namespace {

NodeKind kind_of(const GraphNode& node) {
  if (node.source) return NodeKind::kSource;
  return node.sink ? NodeKind::kSink : NodeKind::kOperator;
}

std::vector<std::string> input_texts(const Graph& graph, const GraphNode& node) {
  std::vector<std::string> texts;
  for (const GraphInput& input : node.inputs) {
    texts.push_back(fmt::format("output {} of '{}' at input {}, {}", input.port, graph.node(input.from).name,
                                input.index.value(), to_string(input.partitioning)));
  }
  return texts;
}

/// "source 'Lines'".
std::string text_of(const ManifestNode& node) { return fmt::format("{} '{}'", to_string(node.kind), node.name); }

/// The first nodes of `some` that `others` has not as often.
std::string missing_in(const std::vector<ManifestNode>& some, const std::vector<ManifestNode>& others) {
  const auto count = [](const std::vector<ManifestNode>& nodes, const ManifestNode& like) {
    return std::count_if(nodes.begin(), nodes.end(),
                         [&](const ManifestNode& node) { return node.name == like.name && node.kind == like.kind; });
  };
  std::vector<std::string> texts;
  for (const ManifestNode& node : some) {
    const std::string text = text_of(node);
    if (count(some, node) > count(others, node) && std::find(texts.begin(), texts.end(), text) == texts.end())
      texts.push_back(text);
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

[[noreturn]] void refuse(const std::string& directory, const std::string& why) {
  throw UserError(fmt::format(
      "the job is not the one whose checkpoint is in '{}': {}\nRun the job as it was, or give this one a checkpoint "
      "directory (--weir.checkpoint-dir) or an identity (--weir.job) of its own.",
      directory, why));
}

void check_key_groups(const JobShape& stored, const JobShape& mine, const std::string& directory) {
  if (stored.key_groups == mine.key_groups) return;
  throw UserError(
      fmt::format("the checkpoint in '{}' has {} key groups, the job has {}: their number is fixed for a job's life; "
                  "run it with --weir.key-groups {}",
                  directory, stored.key_groups, mine.key_groups, stored.key_groups));
}

const ManifestNode* find_node(const JobShape& shape, const std::string& name) {
  const auto found =
      std::find_if(shape.nodes.begin(), shape.nodes.end(), [&](const ManifestNode& node) { return node.name == name; });
  return found == shape.nodes.end() ? nullptr : &*found;
}

bool holds_anything(const OperatorSnapshot& snapshot) {
  return !snapshot.values.empty() || !snapshot.splits.empty() || (snapshot.keyed && snapshot.keyed->entries > 0);
}

void check_nodes(const JobShape& stored, const JobShape& mine, const std::string& directory) {
  const std::string gone = missing_in(stored.nodes, mine.nodes);
  const std::string added = missing_in(mine.nodes, stored.nodes);
  if (gone.empty() && added.empty()) return;
  refuse(directory, fmt::format("the checkpoint has {}, the job has {}",
                                gone.empty() ? "nothing else" : gone + " that the job lacks",
                                added.empty() ? "nothing else" : added + " that the checkpoint lacks"));
}

std::string side_by_side(const ManifestNode& node, const char* what, const std::vector<std::string>& stored,
                         const std::vector<std::string>& mine) {
  return fmt::format("{} of {} differ:\n  checkpoint: {}\n  this job:   {}", what, text_of(node),
                     fmt::join(stored, "; "), fmt::join(mine, "; "));
}

/// Requires: equal names and kinds, in any order.
void check_edges(const JobShape& stored, const JobShape& mine, const std::string& directory) {
  for (std::size_t i = 0; i < mine.nodes.size(); ++i) {
    const ManifestNode& before = stored.nodes[i];
    const ManifestNode& now = mine.nodes[i];
    if (before.name != now.name) {
      refuse(directory, fmt::format("number {} of its operators is {}, in the checkpoint it is {}", i + 1, text_of(now),
                                    text_of(before)));
    }
    if (before.inputs != now.inputs) refuse(directory, side_by_side(now, "the inputs", before.inputs, now.inputs));
  }
}

}  // namespace

JobShape job_shape(const Graph& graph, const Plan& plan, std::uint32_t key_groups) {
  JobShape shape;
  shape.fingerprint = graph.fingerprint();
  shape.key_groups = key_groups;
  for (const GraphNode& node : graph.nodes()) {
    ManifestNode stored{node.name, kind_of(node), 1, {}, input_texts(graph, node)};
    for (const GraphPort& port : node.outputs) stored.types.push_back(port.type);
    for (const PlanTask& task : plan.tasks) {
      if (std::find(task.chain.begin(), task.chain.end(), node.id) != task.chain.end())
        stored.parallelism = task.parallelism;
    }
    shape.nodes.push_back(std::move(stored));
  }
  return shape;
}

bool has_exactly_once_sink(const Graph& graph) {
  return std::any_of(graph.nodes().begin(), graph.nodes().end(), [](const GraphNode& node) {
    return node.sink != nullptr && node.sink->guarantee() == Guarantee::kExactlyOnce;
  });
}

void check_shape(const JobShape& stored, const JobShape& mine, const std::string& directory) {
  check_key_groups(stored, mine, directory);
  check_nodes(stored, mine, directory);
  check_edges(stored, mine, directory);
}

void check_states(const std::vector<SurveyedState>& survey, const std::string& directory, NonRestoredState others) {
  std::vector<std::string> refused;
  bool dropped = false;
  for (const SurveyedState& state : survey) {
    const bool refuse_drop = state.fate == SurveyedState::Fate::kDropped && others == NonRestoredState::kRefused;
    dropped = dropped || refuse_drop;
    if (refuse_drop) {
      refused.push_back(fmt::format("operator '{}' has no {} '{}' any more, but the checkpoint has it: {}",
                                    state.operator_name, state.kind, state.name, state.stored));
    } else if (state.fate == SurveyedState::Fate::kRefused) {
      refused.push_back(sentence_about(state));
    }
  }
  if (refused.empty()) return;
  throw UserError(fmt::format("the job cannot go on from what is in '{}':\n{}{}", directory, fmt::join(refused, "\n"),
                              dropped ? "\nGive the job back what it lacks, or let it be dropped with "
                                        "--weir.allow-non-restored-state"
                                      : ""));
}

std::vector<std::string> fit_savepoint(checkpoint::Manifest& manifest, const JobShape& mine,
                                       const std::string& directory, NonRestoredState others) {
  std::vector<std::string> dropped;
  if (others == NonRestoredState::kRefused) {
    check_shape(manifest.shape, mine, directory);
  } else {
    check_key_groups(manifest.shape, mine, directory);
    bool any = false;
    for (const ManifestNode& node : manifest.shape.nodes) {
      const ManifestNode* same = find_node(mine, node.name);
      any = any || same != nullptr;
      if (same != nullptr && same->kind != node.kind)
        refuse(directory, fmt::format("{} of the savepoint is {} in the job", text_of(node), text_of(*same)));
      if (same != nullptr) continue;
      const bool lost = std::any_of(manifest.operators.begin(), manifest.operators.end(), [&](const auto& snapshot) {
        return snapshot.name == node.name && holds_anything(snapshot);
      });
      if (lost)
        dropped.push_back(fmt::format("what the savepoint holds of {} is dropped: the job has none", text_of(node)));
    }
    if (!any) refuse(directory, "they have not a single operator in common");
    for (const ManifestNode& node : mine.nodes)
      if (find_node(manifest.shape, node.name) == nullptr)
        dropped.push_back(fmt::format("{} begins with nothing: the savepoint has none", text_of(node)));
    const auto is_gone = [&](const std::string& name) { return find_node(mine, name) == nullptr; };
    std::erase_if(manifest.operators, [&](const OperatorSnapshot& snapshot) { return is_gone(snapshot.name); });
    std::erase_if(manifest.staged, [&](const checkpoint::SinkOutputs& sink) { return is_gone(sink.sink); });
  }
  manifest.shape = mine;
  return dropped;
}

}  // namespace weir::runtime
