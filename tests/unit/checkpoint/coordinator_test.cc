#include "weir/checkpoint/coordinator.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_job.h"

namespace weir::checkpoint {
namespace {

using sim::World;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

TEST(Coordinator, StartsEmptyWhereNothingIs) {
  World world(1);
  FakeJob job(world);
  EXPECT_EQ(Opened::Kind::kFresh, job.open().kind);
  EXPECT_EQ(GenerationId(1), job.coordinator->generation());
}

TEST(Coordinator, TriggersOncePerIntervalWithRisingIds) {
  World world(2);
  FakeJob job(world);
  job.start();
  const MonotonicTime begun = world.now();
  job.run_until_triggered(3);
  EXPECT_EQ(CheckpointId(1), job.triggers[0].checkpoint);
  EXPECT_EQ(CheckpointId(2), job.triggers[1].checkpoint);
  EXPECT_EQ(CheckpointId(3), job.triggers[2].checkpoint);
  EXPECT_GE(world.now() - begun, 3s);
  EXPECT_LT(world.now() - begun, 3s + 100ms);
}

TEST(Coordinator, CompletesACheckpointWhenAllSubtasksHaveAcknowledged) {
  World world(3);
  FakeJob job(world);
  job.open();
  job.begin();
  job.run_until_triggered(1);
  job.acknowledge_source(CheckpointId(1));
  job.acknowledge_sink(CheckpointId(1), 1);
  world.run_for(1s);
  EXPECT_THAT(job.completed, IsEmpty());
  job.acknowledge_sink(CheckpointId(1), 0);
  job.run_until_completed(1);
  EXPECT_EQ(CheckpointId(1), job.completed[0]->checkpoint);
  EXPECT_EQ("1", position_in(*job.completed[0]));
  EXPECT_EQ(3u, job.completed[0]->operators.size());
}

TEST(Coordinator, GoesOnFromTheNewestCompletedCheckpointAfterPowerLoss) {
  World world(4);
  {
    FakeJob job(world);
    job.start();
    job.run_until_completed(3);
    world.lose_power();
  }
  world.start_process();
  FakeJob again(world);
  const Opened opened = again.open();
  ASSERT_EQ(Opened::Kind::kRestored, opened.kind);
  EXPECT_EQ("3", position_in(*opened.manifest));
  EXPECT_EQ(0u, world.misplaced_file_calls());
}

}  // namespace
}  // namespace weir::checkpoint
