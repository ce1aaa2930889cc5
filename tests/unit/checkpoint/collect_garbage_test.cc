#include "weir/checkpoint/collect_garbage.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

#include "fake_job.h"

namespace weir::checkpoint {
namespace {

using sim::World;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string directory() { return Layout(options_for_test().directory, options_for_test().job).directory(); }

std::string refusal(World& world) {
  try {
    collect_garbage(world, directory(), "gc:9", Collect::kRemove);
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

TEST(CollectGarbage, RefusesWhileAProcessRunsTheJobAndNamesIt) {
  World world(1);
  FakeJob job(world);
  job.start();
  job.run_until_completed(1);
  EXPECT_THAT(refusal(world), HasSubstr("here:1"));
  job.close();
  EXPECT_EQ(refusal(world), "none");
}

TEST(CollectGarbage, RemovesFilesThatNoCheckpointNamesOfWhateverGeneration) {
  World world(2);
  FakeJob job(world);
  job.start();
  job.run_until_completed(2);
  job.close();
  const std::string old = directory() + "/shared/0.1.1.0-0.0.sst";
  const std::string later = directory() + "/shared/9.1.9.0-0.0.sst";
  const std::string foreign = directory() + "/shared/notes.txt";
  world.disk().write_file(old, "four");
  world.disk().write_file(later, "five!");
  world.disk().write_file(foreign, "mine");
  const Garbage listed = collect_garbage(world, directory(), "gc:9", Collect::kList);
  EXPECT_THAT(listed.paths, ElementsAre(old, later));
  EXPECT_EQ(listed.bytes, 9u);
  EXPECT_TRUE(world.disk().exists(old));
  collect_garbage(world, directory(), "gc:9", Collect::kRemove);
  EXPECT_FALSE(world.disk().exists(old));
  EXPECT_FALSE(world.disk().exists(later));
  EXPECT_TRUE(world.disk().exists(foreign));
  EXPECT_THAT(collect_garbage(world, directory(), "gc:9", Collect::kList).paths, IsEmpty());
  FakeJob again(world);
  EXPECT_EQ(Opened::Kind::kRestored, again.open().kind);
}

TEST(CollectGarbage, LeavesASavepointAsItIs) {
  World world(3);
  FakeJob job(world);
  job.start();
  job.run_until_completed(1);
  job.close();
  world.disk().erase(directory() + "/lock");  // what a savepoint does not have
  const auto before = world.disk().list_recursive(directory());
  EXPECT_THAT(collect_garbage(world, directory(), "gc:9", Collect::kRemove).paths, IsEmpty());
  EXPECT_EQ(world.disk().list_recursive(directory()), before);
}

}  // namespace
}  // namespace weir::checkpoint
