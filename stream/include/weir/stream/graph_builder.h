#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/graph.h"
#include "weir/core/shape.h"

namespace weir::detail {

/// The graph of a job while its function runs, and what changes how it is built.
struct GraphBuilder {
  Graph graph;
  bool pre_aggregate = true;
  /// Nodes that a user need not name, with those that lend them their names, see lend_names().
  std::vector<std::pair<NodeId, NodeId>> lent_names;
};

/// An output port for records of type T.
template <class T>
GraphPort port_of() {
  return {std::string(type_name<T>()),
          [](std::size_t capacity) -> std::unique_ptr<OutputBase> { return std::make_unique<Output<T>>(capacity); },
          batch_codec<T>()};
}

/// An operator node; `make` makes the operator, once for every subtask and attempt.
template <class Make>
GraphNode operator_node(std::string name, std::vector<GraphInput> inputs, std::vector<GraphPort> outputs, Make make) {
  GraphNode node;
  node.name = std::move(name);
  node.inputs = std::move(inputs);
  node.outputs = std::move(outputs);
  node.make_operator = [make = std::move(make)]() -> std::unique_ptr<Operator> { return make(); };
  return node;
}

}  // namespace weir::detail
