#include "weir/runtime/job_shape.h"

#include <functional>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

namespace weir::runtime {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class NoSource final : public Source {
 public:
  bool bounded() const override { return true; }
  bool replayable() const override { return true; }
  std::unique_ptr<SplitEnumerator> make_enumerator() const override { return nullptr; }
  std::unique_ptr<SourceReader> make_reader() const override { return nullptr; }
};

class NoSink final : public Sink {
 public:
  explicit NoSink(Guarantee guarantee = Guarantee::kAtLeastOnce) : guarantee_(guarantee) {}
  Guarantee guarantee() const override { return guarantee_; }
  std::unique_ptr<SinkWriter> make_writer() const override { return nullptr; }

 private:
  Guarantee guarantee_;
};

struct Job {
  std::string records = "int64";
  std::string counts = "counts";
  Partitioning partitioning = Partitioning::kHash;
  Guarantee guarantee = Guarantee::kAtLeastOnce;

  Graph graph() const {
    Graph graph;
    GraphNode source;
    source.name = "lines";
    source.source = std::make_shared<NoSource>();
    source.outputs.push_back({records, {}});
    const NodeId lines = graph.add(std::move(source));
    GraphNode op;
    op.name = counts;
    op.make_operator = [] { return nullptr; };
    op.inputs.push_back({lines, 0, partitioning, InputIndex(0), {}});
    op.outputs.push_back({"string", {}});
    const NodeId node = graph.add(std::move(op));
    GraphNode sink;
    sink.name = "out";
    sink.max_parallelism = 1;
    sink.sink = std::make_shared<NoSink>(guarantee);
    sink.inputs.push_back({node, 0, Partitioning::kForward, InputIndex(0), {}});
    graph.add(std::move(sink));
    return graph;
  }
};

checkpoint::JobShape shape_of_job(const Job& job, std::uint32_t parallelism = 2, std::uint32_t key_groups = 128) {
  const Graph graph = job.graph();
  return job_shape(graph, make_plan(graph, parallelism, key_groups), key_groups);
}

std::string refusal(const checkpoint::JobShape& stored, const checkpoint::JobShape& mine) {
  try {
    check_shape(stored, mine, "/checkpoints");
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(JobShape, SaysOfEachNodeWhatItIsAndHowManySubtasksItHas) {
  const checkpoint::JobShape shape = shape_of_job({});
  ASSERT_EQ(shape.nodes.size(), 3U);
  EXPECT_EQ(shape.nodes[0].kind, checkpoint::NodeKind::kSource);
  EXPECT_EQ(shape.nodes[1].name, "counts");
  EXPECT_EQ(shape.nodes[1].parallelism, 2U);
  EXPECT_EQ(shape.nodes[1].types, std::vector<std::string>{"string"});
  EXPECT_EQ(shape.nodes[2].kind, checkpoint::NodeKind::kSink);
  EXPECT_EQ(shape.nodes[2].parallelism, 1U);
  EXPECT_EQ(shape.key_groups, 128U);
}

TEST(JobShape, OfTheSameJobIsAccepted) { EXPECT_EQ(refusal(shape_of_job({}), shape_of_job({})), ""); }

TEST(JobShape, WithAnotherNumberOfKeyGroupsIsRefusedWithBoth) {
  EXPECT_THAT(
      refusal(shape_of_job({}, 2, 128), shape_of_job({}, 2, 64)),
      AllOf(HasSubstr("'/checkpoints'"), HasSubstr("128"), HasSubstr("64"), HasSubstr("--weir.key-groups 128")));
}

TEST(JobShape, WithOtherOperatorsIsRefusedNamingThoseOfBothSides) {
  EXPECT_THAT(
      refusal(shape_of_job({}), shape_of_job({.counts = "sums"})),
      AllOf(HasSubstr("operator 'counts' that the job lacks"), HasSubstr("operator 'sums' that the checkpoint lacks")));
}

TEST(JobShape, WithOtherRecordsIsAcceptedForNoneAreInACheckpoint) {
  EXPECT_EQ(refusal(shape_of_job({}), shape_of_job({.records = "int32"})), "");
}

TEST(JobShape, WithOtherEdgesIsRefusedWithBoth) {
  EXPECT_THAT(refusal(shape_of_job({}), shape_of_job({.partitioning = Partitioning::kBroadcast})),
              AllOf(HasSubstr("the inputs of operator 'counts' differ"), HasSubstr("hash"), HasSubstr("broadcast")));
}

TEST(JobShape, WithAnotherParallelismIsAccepted) { EXPECT_EQ(refusal(shape_of_job({}, 2), shape_of_job({}, 3)), ""); }

TEST(JobShape, KnowsWhetherASinkPromisesExactlyOnce) {
  EXPECT_FALSE(has_exactly_once_sink(Job{}.graph()));
  EXPECT_TRUE(has_exactly_once_sink(Job{.guarantee = Guarantee::kExactlyOnce}.graph()));
}

}  // namespace
}  // namespace weir::runtime
