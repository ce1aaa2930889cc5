#include "weir/runtime/memory_plan.h"

#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/core/fields.h"
#include "weir/stream/environment.h"
#include "weir/stream/keyed_stream.h"
#include "weir/stream/parse_stream.h"
#include "weir/stream/windowed_stream.h"

namespace weir::runtime {
namespace {

using namespace std::chrono_literals;

struct Hit {
  Timestamp time;
  std::int64_t key = 0;
};
WEIR_FIELDS(Hit, time, key);

/// Two operators with keyed state, or none.
Graph graph_of(bool keyed) {
  Environment env(Arguments(std::vector<std::string>{}));
  auto hits = env.generate({.count = 1}, [](std::uint64_t) { return Hit{timestamp_ms(0)}; })
                  .timestamps(&Hit::time, bounded_out_of_orderness(1s));
  if (!keyed) {
    hits.map([](const Hit& hit) { return hit.key; }).print();
  } else {
    hits.key_by(&Hit::key).window(TumblingEventTime{1s}).max(&Hit::time).print();
    hits.key_by(&Hit::key).window(TumblingEventTime{2s}).max(&Hit::time).print();
  }
  return env.take_graph();
}

struct Planned {
  explicit Planned(bool keyed, std::uint32_t parallelism = 2) : graph(graph_of(keyed)) {
    options.parallelism = parallelism;
    plan = make_plan(graph, parallelism, options.key_groups);
  }
  MemoryPlan memory(std::size_t budget) const { return plan_memory(budget, graph, plan, options); }

  Graph graph;
  JobOptions options;
  Plan plan;
};

TEST(MemoryPlan, SharesOutWhatThereIs) {
  const Planned job(true);
  const MemoryPlan memory = job.memory(200'000'000);
  EXPECT_EQ(memory.keyed, 4U);
  EXPECT_EQ(memory.cold_stores, 50'000'000U);
  EXPECT_EQ(memory.process, 1'000'000U);
  EXPECT_GT(memory.batches, 1'000'000U);
  EXPECT_LE(memory.process + memory.batches + memory.cold_stores + 4 * memory.state_share, 200'000'000U);
  EXPECT_GT(memory.process + memory.batches + memory.cold_stores + 4 * memory.state_share, 199'999'000U);
}

TEST(MemoryPlan, GivesNobodyAShareWhenNothingIsKept) {
  const MemoryPlan memory = Planned(false).memory(50'000'000);
  EXPECT_EQ(memory.keyed, 0U);
  EXPECT_EQ(memory.state_share, 0U);
}

TEST(MemoryPlan, CountsMoreBatchesWithMoreSubtasks) {
  EXPECT_GT(Planned(true, 8).memory(1'000'000'000).batches, Planned(true, 2).memory(1'000'000'000).batches);
}

TEST(MemoryPlan, RefusesTooLittleWithWhatWouldDo) {
  const Planned job(true);
  std::string refused;
  try {
    job.memory(10'000'000);
  } catch (const UserError& error) {
    refused = error.what();
  }
  EXPECT_THAT(refused, testing::HasSubstr("10 MB of memory are too little for this job"));
  EXPECT_THAT(refused, testing::HasSubstr("each of 4 subtasks needs 4 MB"));
  const std::size_t at = refused.find(" MB would do");
  ASSERT_NE(at, std::string::npos) << refused;
  const std::size_t begin = refused.rfind(' ', at - 1) + 1;
  const std::size_t enough = std::stoul(refused.substr(begin, at - begin)) * 1'000'000;
  EXPECT_GE(job.memory(enough).state_share, 4'000'000U);
}

}  // namespace
}  // namespace weir::runtime
