#include "weir/core/graph.h"

#include <gtest/gtest.h>

#include "weir/core/error.h"

namespace weir {
namespace {

GraphPort port(std::string type = "int") {
  return {std::move(type),
          [](std::size_t capacity) -> std::unique_ptr<OutputBase> { return std::make_unique<Output<int>>(capacity); }};
}

NodeId add(Graph& graph, std::string name, std::vector<GraphInput> inputs = {}, std::size_t ports = 1) {
  GraphNode node;
  node.name = std::move(name);
  node.inputs = std::move(inputs);
  for (std::size_t i = 0; i < ports; ++i) node.outputs.push_back(port());
  return graph.add(std::move(node));
}

GraphInput from(NodeId node, Partitioning partitioning = Partitioning::kForward, std::uint32_t port = 0) {
  return {node, port, partitioning, InputIndex(0), {}};
}

TEST(Plan, ChainsForwardNeighboursIntoOneTask) {
  Graph graph;
  const NodeId source = add(graph, "Source: Socket Stream");
  const NodeId words = add(graph, "Flat Map", {from(source)});
  const NodeId counts = add(graph, "counts", {from(words, Partitioning::kHash)});
  add(graph, "Sink: Print", {from(counts)}, 0);
  const Plan plan = make_plan(graph, 1, 1024);
  ASSERT_EQ(plan.tasks.size(), 2U);
  EXPECT_EQ(plan.tasks[0].name, "Source: Socket Stream -> Flat Map");
  EXPECT_EQ(plan.tasks[1].name, "counts -> Sink: Print");
  ASSERT_EQ(plan.edges.size(), 1U);
  EXPECT_EQ(plan.edges[0].partitioning, Partitioning::kHash);
}

TEST(Plan, RebalancesAForwardEdgeBetweenUnequalParallelism) {
  Graph graph;
  const NodeId source = add(graph, "source");
  graph.node(source).parallelism = 1;
  add(graph, "map", {from(source)});
  const Plan plan = make_plan(graph, 3, 1024);
  ASSERT_EQ(plan.tasks.size(), 2U);
  EXPECT_EQ(plan.tasks[1].parallelism, 3U);
  EXPECT_EQ(plan.edges[0].partitioning, Partitioning::kRebalance);
}

TEST(Plan, DoesNotChainANodeWithTwoConsumers) {
  Graph graph;
  const NodeId source = add(graph, "source");
  add(graph, "a", {from(source)});
  add(graph, "b", {from(source)});
  EXPECT_EQ(make_plan(graph, 1, 1024).tasks.size(), 3U);
}

TEST(Plan, LetsEdgesOfOneNodeToOneConsumerShareChannels) {
  Graph graph;
  const NodeId source = add(graph, "source", {}, 2);
  add(graph, "window", {from(source, Partitioning::kHash, 0), from(source, Partitioning::kHash, 1)});
  const Plan plan = make_plan(graph, 1, 1024);
  ASSERT_EQ(plan.edges.size(), 2U);
  EXPECT_EQ(plan.edges[1].shares, 0U);
  EXPECT_EQ(plan.edges[0].lane, 0);
  EXPECT_EQ(plan.edges[1].lane, 1);
}

TEST(Plan, DoesNotShareWhenTheSideOutputIsListedFirst) {
  Graph graph;
  const NodeId source = add(graph, "source", {}, 2);
  add(graph, "window", {from(source, Partitioning::kHash, 1), from(source, Partitioning::kHash, 0)});
  const Plan plan = make_plan(graph, 1, 1024);
  EXPECT_EQ(plan.edges[1].shares, 1U);
}

TEST(Plan, RefusesMoreStreamsOfOneOperatorThanAChannelHasLanes) {
  Graph graph;
  const NodeId source = add(graph, "source", {}, 2);
  std::vector<GraphInput> inputs{from(source)};
  for (std::size_t i = 0; i < kMaxLanes; ++i) inputs.push_back(from(source, Partitioning::kForward, 1));
  add(graph, "union", inputs);
  EXPECT_THROW(make_plan(graph, 1, 1024), UserError);
}

TEST(Plan, RefusesMoreParallelismThanANodeCanHave) {
  Graph graph;
  const NodeId source = add(graph, "socket");
  graph.node(source).max_parallelism = 1;
  graph.node(source).parallelism = 4;
  try {
    make_plan(graph, 1, 1024);
    FAIL() << "it was accepted";
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(), "operator 'socket': parallelism 4 is not possible, at most 1 is");
  }
}

TEST(Plan, RefusesMoreSubtasksThanKeyGroups) {
  Graph graph;
  add(graph, "source");
  try {
    make_plan(graph, 9, 8);
    FAIL() << "it was accepted";
  } catch (const UserError& error) {
    EXPECT_STREQ(
        error.what(),
        "operator 'source': parallelism 9 is more than the job's 8 key groups: lower it, or give the job more of "
        "them (--weir.key-groups, fixed once there are checkpoints)");
  }
}

TEST(Plan, GivesAFollowerTheParallelismOfItsInput) {
  Graph graph;
  const NodeId source = add(graph, "source");
  graph.node(source).parallelism = 2;
  const NodeId follower = add(graph, "pre-aggregate", {from(source)});
  graph.node(follower).follows_input = true;
  const Plan plan = make_plan(graph, 5, 1024);
  ASSERT_EQ(plan.tasks.size(), 1U);
  EXPECT_EQ(plan.tasks[0].parallelism, 2U);
}

TEST(Graph, HasAFingerprintWithoutParallelism) {
  Graph a;
  add(a, "source");
  Graph b;
  b.node(add(b, "source")).parallelism = 7;
  EXPECT_EQ(a.fingerprint(), b.fingerprint());
}

TEST(Graph, HasAnotherFingerprintWithAnotherNameTypeOrEdge) {
  Graph base;
  add(base, "map", {from(add(base, "source"))});
  Graph name;
  add(name, "maps", {from(add(name, "source"))});
  Graph edge;
  add(edge, "map", {from(add(edge, "source"), Partitioning::kHash)});
  Graph type;
  add(type, "map", {from(add(type, "source"))});
  type.node(NodeId(0)).outputs[0].type = "long";
  EXPECT_NE(base.fingerprint(), name.fingerprint());
  EXPECT_NE(base.fingerprint(), edge.fingerprint());
  EXPECT_NE(base.fingerprint(), type.fingerprint());
}

}  // namespace
}  // namespace weir
