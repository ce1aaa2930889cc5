#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/batch_codec.h"
#include "weir/core/ids.h"
#include "weir/core/operator.h"
#include "weir/core/output.h"
#include "weir/core/sink.h"
#include "weir/core/source.h"

namespace weir {

/// How records find the subtask that handles them next.
enum class Partitioning : std::uint8_t {
  kForward,    ///< subtask i to subtask i; between unequal numbers of subtasks it is kRebalance
  kHash,       ///< by key group
  kRebalance,  ///< batches in turn
  kBroadcast,  ///< to every subtask
};

const char* to_string(Partitioning partitioning);

/// One output port of a node: its records' type, and how the port is made.
struct GraphPort {
  std::string type;  ///< canonical text of the schema, or a name for types that never enter a checkpoint
  std::function<std::unique_ptr<OutputBase>(std::size_t capacity)> make;
  BatchCodec codec = {};  ///< how its batches cross from one process to another
};

/// Where a node's records come from: a port of an earlier node, and how they find their subtask.
struct GraphInput {
  NodeId from;
  std::uint32_t port = 0;
  Partitioning partitioning = Partitioning::kForward;
  InputIndex index{};
  /// On hash edges: writes the hashes of a batch's keys into it. Absent: the producer has done so.
  std::function<void(BatchBase&)> hash_keys;
};

/// A source, operator or sink. Exactly one of `source`, `make_operator` and `sink` is set.
struct GraphNode {
  NodeId id{};
  std::string name;                          ///< shown; with a checkpoint directory the identity of its state
  bool named = false;                        ///< the user gave the name
  bool stateful = false;                     ///< keeps state that a failure loses
  bool keyed = false;                        ///< keeps keyed state: gets an OperatorContext::state
  std::optional<std::uint32_t> parallelism;  ///< absent: the job's
  std::uint32_t max_parallelism = 32768;     ///< 1 for what cannot be split
  bool follows_input = false;                ///< its parallelism is that of its first input
  std::shared_ptr<const Source> source;
  std::function<std::unique_ptr<Operator>()> make_operator;
  std::shared_ptr<const Sink> sink;
  std::vector<GraphInput> inputs;
  std::vector<GraphPort> outputs;
};

/// What a job function builds. Node ids are indexes into nodes(). Only grows; inputs exist before their consumers.
class Graph {
 public:
  /// Requires: every input names an earlier node and one of its ports.
  NodeId add(GraphNode node);

  GraphNode& node(NodeId id);
  const GraphNode& node(NodeId id) const;
  const std::vector<GraphNode>& nodes() const { return nodes_; }

  /// Names, kinds, types and edges, without parallelism: equal for two graphs that mean the same job.
  std::uint64_t fingerprint() const;

 private:
  std::vector<GraphNode> nodes_;
};

/// An edge of the plan: from a port of a node to the first node of another task. Edges within a chain are none.
struct PlanEdge {
  NodeId from;  ///< the node that emits; always in the producing task
  std::uint32_t port = 0;
  TaskIndex producer{};
  TaskIndex consumer{};
  InputIndex input{};  ///< of the consuming task's first node
  Partitioning partitioning = Partitioning::kForward;
  std::function<void(BatchBase&)> hash_keys;
  std::uint8_t lane = 0;   ///< signs travel on lane 0, behind all other lanes' records
  std::size_t shares = 0;  ///< index of the edge whose channels it uses; its own index if none
};

/// The edges of one producer's node to one consumer with the same partitioning share their channels, a lane each, so
/// that records of different types keep their order against the watermarks.
inline constexpr std::size_t kMaxLanes = 4;

/// A chain of nodes that runs as one task, in `parallelism` subtasks.
struct PlanTask {
  TaskIndex index{};
  std::string name;           ///< "Source: Socket Stream -> Flat Map"
  std::vector<NodeId> chain;  ///< in the order of the data flow
  std::uint32_t parallelism = 1;
};

/// What runs: tasks in the order of the data flow, and the edges between them.
struct Plan {
  std::vector<PlanTask> tasks;
  std::vector<PlanEdge> edges;
};

/// Chains every node to its producer that can be chained: one forward edge from port 0, the only consumer of that
/// node's port 0, and equal parallelism. Errors: UserError for an empty graph, a node whose parallelism is 0 or over
/// what it can have, or over `key_groups`.
Plan make_plan(const Graph& graph, std::uint32_t default_parallelism, std::uint32_t key_groups);

}  // namespace weir
