#include "weir/checkpoint/inspect.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/sim/world.h"

#include "fake_job.h"

namespace weir::checkpoint {
namespace {

using sim::World;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string directory() { return Layout("/checkpoints", "orders").directory(); }

/// A directory with two checkpoints, each with a state file of its own and one in common.
void leave_checkpoints(World& world) {
  FakeJob job(world);
  job.open();
  job.begin();
  for (std::uint64_t n = 1; n <= 2; ++n) {
    job.run_until_triggered(n);
    world.disk().write_file("/local/common", "common rows");
    world.disk().write_file("/local/own", "rows of " + std::to_string(n));
    const StateWriter writer{GenerationId(1), AttemptId(1), CheckpointId(n), NodeId(0), SubtaskIndex(0)};
    TaskSnapshot snapshot = job.source_snapshot(n);
    snapshot.operators[0].keyed = StateHandle{
        {0, 16},
        {},
        {},
        job.coordinator->store()->put(writer, {{"common", "/local/common"}, {"own " + std::to_string(n), "/local/own"}},
                                      base_files(job.triggers.back().base.get(), "numbers", SubtaskIndex(0), 1)),
        0};
    job.coordinator->acknowledge(AttemptId(1), CheckpointId(n), TaskIndex(0), SubtaskIndex(0), snapshot);
    job.acknowledge_sink(CheckpointId(n), 0);
    job.acknowledge_sink(CheckpointId(n), 1);
    job.run_until_completed(n);
  }
  job.close();
}

/// Everything that it says is wrong.
std::vector<std::string> problems(const InspectedJob& job) {
  std::vector<std::string> problems = job.problems;
  for (const InspectedCheckpoint& at : job.checkpoints)
    problems.insert(problems.end(), at.problems.begin(), at.problems.end());
  return problems;
}

/// Files that a checkpoint needs.
std::vector<std::string> needed_files(World& world) {
  std::vector<std::string> files = world.disk().list_recursive(directory());
  std::erase_if(files, [](const std::string& path) { return path.ends_with("/lock"); });
  return files;
}

TEST(Inspect, TakesLittleOfALockFileThatSomebodyElseHasWritten) {
  World world(1);
  leave_checkpoints(world);
  world.disk().write_file(directory() + "/lock", std::string(10'000'000, 'x') + "\x1b");
  EXPECT_EQ(inspect_job(world, directory(), Depth::kNames).holder, std::string(200, 'x'));
  world.disk().write_file(directory() + "/lock", "me\x1b[2J\n");
  EXPECT_EQ(inspect_job(world, directory(), Depth::kNames).holder, "me");
}

TEST(Inspect, TellsWhatADirectoryHolds) {
  World world(1);
  leave_checkpoints(world);
  const InspectedJob job = inspect_job(world, directory(), Depth::kBytes);
  EXPECT_THAT(problems(job), IsEmpty());
  EXPECT_FALSE(job.damaged());
  EXPECT_EQ("orders", job.job);
  EXPECT_EQ(1u, job.generation);
  EXPECT_EQ("here:1", job.holder);
  EXPECT_FALSE(job.finished);
  ASSERT_THAT(job.checkpoints, SizeIs(2));
  EXPECT_EQ(CheckpointId(1), job.checkpoints[0].name.checkpoint);
  EXPECT_EQ("2", position_in(*job.checkpoints[1].manifest));
  EXPECT_EQ(needed_files(world).size(), job.files) << "a file was not read, or one was read twice";
}

TEST(Inspect, FindsAFlippedBitInAnyByteOfAnyFile) {
  World world(2);
  leave_checkpoints(world);
  ASSERT_THAT(needed_files(world), SizeIs(2 + 2 + 3));
  for (const std::string& path : needed_files(world)) {
    const std::string bytes = world.disk().read_file(path);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
      world.disk().write_file(path, damaged);
      const InspectedJob job = inspect_job(world, directory(), Depth::kBytes);
      ASSERT_TRUE(job.damaged()) << path << " byte " << i;
      ASSERT_THAT(problems(job), ::testing::Contains(HasSubstr(path))) << i;
    }
    world.disk().write_file(path, bytes);
  }
}

TEST(Inspect, FindsAMissingFileAndAnotherLengthWithoutReadingContents) {
  World world(3);
  leave_checkpoints(world);
  for (const std::string& path : needed_files(world)) {
    if (path.find("/log/") != std::string::npos) continue;
    const std::string bytes = world.disk().read_file(path);
    world.disk().write_file(path, bytes + "x");
    EXPECT_TRUE(inspect_job(world, directory(), Depth::kNames).damaged()) << path;
    world.disk().erase(path);
    EXPECT_THAT(problems(inspect_job(world, directory(), Depth::kNames)),
                ::testing::Contains(HasSubstr(path + " is missing")));
    EXPECT_THAT(problems(inspect_job(world, directory(), Depth::kBytes)),
                ::testing::Contains(HasSubstr(path + " is missing")));
    world.disk().write_file(path, bytes);
  }
}

TEST(Inspect, BlamesOnlyTheCheckpointsThatNeedADamagedFile) {
  World world(4);
  leave_checkpoints(world);
  world.disk().write_file(directory() + "/shared/1.1.2.0-0.1.sst", "rows of X");
  const InspectedJob job = inspect_job(world, directory(), Depth::kBytes);
  EXPECT_THAT(job.checkpoints[0].problems, IsEmpty());
  EXPECT_THAT(job.checkpoints[1].problems, ElementsAre(HasSubstr("1.1.2.0-0.1.sst is damaged")));
}

TEST(Inspect, ChangesNothingAndNeedsNoLock) {
  World world(5);
  leave_checkpoints(world);
  FakeJob running(world);
  running.open();
  const auto before = world.disk().list_recursive("/");
  inspect_job(world, directory(), Depth::kBytes);
  EXPECT_EQ(before, world.disk().list_recursive("/"));
}

TEST(Inspect, TellsThatCheckpointsAreMissing) {
  World world(6);
  leave_checkpoints(world);
  {
    FakeJob again(world);
    again.open();
    again.close();
  }
  world.disk().erase(directory() + "/log/2");
  world.disk().erase(directory() + "/log/3");
  EXPECT_THAT(problems(inspect_job(world, directory(), Depth::kNames)),
              ElementsAre(HasSubstr("went on from checkpoint 1.2")));
}

TEST(Inspect, FindsJobsInARootAndByThemselves) {
  World world(7);
  leave_checkpoints(world);
  EXPECT_THAT(find_jobs(world, "/checkpoints"), ElementsAre(directory()));
  EXPECT_THAT(find_jobs(world, "/checkpoints/"), ElementsAre(directory()));
  EXPECT_THAT(find_jobs(world, directory()), ElementsAre(directory()));
  EXPECT_THROW(find_jobs(world, "/local"), UsageError);
  EXPECT_THROW(find_jobs(world, "/nowhere"), UsageError);
}

}  // namespace
}  // namespace weir::checkpoint
