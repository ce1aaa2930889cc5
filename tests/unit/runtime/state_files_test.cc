#include "weir/runtime/state_files.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/checkpoint/layout.h"
#include "weir/core/error.h"
#include "weir/sim/world.h"

namespace weir::runtime {
namespace {

/// Calls in the simulated world that may block.
template <class Work>
void blocking(sim::World& world, Work work) {
  bool done = false;
  std::exception_ptr failure;
  world.blocking(work, [&](std::exception_ptr error) {
    failure = error;
    done = true;
  });
  world.run_until([&] { return done; });
  if (failure) std::rethrow_exception(failure);
}

struct StateFilesTest : testing::Test {
  StateFilesTest() {
    world.disk().write_file("/local/000007.sst", "seven");
    world.disk().write_file("/local/000009.sst", "nine");
    world.disk().write_file("/root/job/shared/.keep", "");
    world.disk().erase("/root/job/shared/.keep");
  }

  sim::World world{1};
  std::shared_ptr<const checkpoint::Store> store =
      std::make_shared<checkpoint::Store>(world, checkpoint::Layout(std::string("/root/job")));
  std::shared_ptr<StateFiles> files = std::make_shared<StateFiles>(
      store, checkpoint::StateWriter{GenerationId(1), AttemptId(2), CheckpointId(0), NodeId(3), SubtaskIndex(4)},
      "/local");
};

TEST_F(StateFilesTest, StoresUnderTheNamesOfWriterAndCheckpointAndFetchesBack) {
  const auto store_files = StateFiles::store_files(files);
  const auto fetch_files = StateFiles::fetch_files(files);
  blocking(world, [&] {
    const auto stored = store_files(CheckpointId(5), {{"7", "/local/000007.sst", 5}, {"9", "/local/000009.sst", 4}});
    ASSERT_EQ(stored.size(), 2U);
    EXPECT_EQ(stored[0].path, "shared/1.2.5.3-4.0.sst");
    EXPECT_EQ(stored[1].path, "shared/1.2.5.3-4.1.sst");
    const auto fetched = fetch_files(stored);
    ASSERT_EQ(fetched.size(), 2U);
    EXPECT_EQ(fetched[1].name, "9");
    EXPECT_EQ(fetched[1].size, 4U);
    EXPECT_EQ(world.disk().read_file(fetched[1].path), "nine");
  });
}

TEST_F(StateFilesTest, ListsAFileOfTheBaseAgainInsteadOfStoringItTwice) {
  const auto store_files = StateFiles::store_files(files);
  blocking(world, [&] {
    const auto first = store_files(CheckpointId(5), {{"7", "/local/000007.sst", 5}});
    files->set_base(first);
    const auto second = store_files(CheckpointId(6), {{"7", "/local/000007.sst", 5}, {"9", "/local/000009.sst", 4}});
    EXPECT_EQ(second[0], first[0]);
    EXPECT_EQ(second[1].path, "shared/1.2.6.3-4.1.sst");
  });
}

TEST_F(StateFilesTest, NamesAFileThatWasChangedWhenItFetches) {
  const auto store_files = StateFiles::store_files(files);
  const auto fetch_files = StateFiles::fetch_files(files);
  std::vector<StoredFile> stored;
  blocking(world, [&] { stored = store_files(CheckpointId(5), {{"7", "/local/000007.sst", 5}}); });
  world.disk().write_file("/root/job/" + stored[0].path, "sEven");
  try {
    blocking(world, [&] { fetch_files(stored); });
    FAIL() << "fetched";
  } catch (const CorruptionError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(stored[0].path));
  }
}

}  // namespace
}  // namespace weir::runtime
