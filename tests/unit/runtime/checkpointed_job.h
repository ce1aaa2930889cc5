#pragma once

#include <algorithm>
#include <memory>

#include <gtest/gtest.h>

#include "weir/sim/world.h"

#include "checkpointed_run.h"
#include "sequence_job.h"

namespace weir::runtime {

/// Runs a sequence job with checkpoints, and sees that every result was shown once.
struct CheckpointedJob : testing::Test {
  /// sequence -> by key -> follow -> in turn -> sink.
  Graph graph() const {
    SequenceGraph graph;
    const NodeId from = graph.source(script);
    const NodeId follow = graph.follow({from}, watch);
    graph.sink(follow, target, "sink", 0, Partitioning::kRebalance, 3, guarantee);
    return graph.take();
  }

  CheckpointedRun run_in(sim::World& world) {
    return {world, [this] { return graph(); }};
  }

  /// What was seen is all there is, each once, and nothing is left.
  void expect_exact() const {
    expect_every_result_once();
    ASSERT_TRUE(target->staged.empty());
  }

  void expect_every_result_once() const {
    Events all = script.all();
    std::sort(all.begin(), all.end());
    ASSERT_EQ(events_of(*target), all);
    ASSERT_EQ(handled_of(*target), static_cast<int>(all.size()));
    ASSERT_EQ(watch->jumps, 0U);
  }

  void begin_anew() {
    target = std::make_shared<Target>();
    watch = std::make_shared<Follow::Watch>();
  }

  SequenceScript script;
  Guarantee guarantee = Guarantee::kExactlyOnce;
  std::shared_ptr<Target> target = std::make_shared<Target>();
  std::shared_ptr<Follow::Watch> watch = std::make_shared<Follow::Watch>();
};

}  // namespace weir::runtime
