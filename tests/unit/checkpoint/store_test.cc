#include "weir/checkpoint/store.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/sim/disk_fault.h"
#include "weir/sim/world.h"

#include "damage.h"
#include "example_manifest.h"
#include "no_link_host.h"

namespace weir::checkpoint {
namespace {

using sim::DiskOperation;
using sim::World;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

StateWriter writer(std::uint64_t checkpoint) {
  return {GenerationId(1), AttemptId(2), CheckpointId(checkpoint), NodeId(4), SubtaskIndex(0)};
}

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    for (const std::string directory : {"/c/log", "/c/chk", "/c/shared"}) {
      world_.disk().make_directories(directory);
      world_.disk().sync_directory(directory);
    }
    world_.disk().sync_directory("/c");
    world_.disk().sync_directory("/");
    world_.disk().write_file("/local/a", "rows of a");
    world_.disk().write_file("/local/b", "rows of b");
  }

  const LocalFile a_{"a", "/local/a"};
  const LocalFile b_{"b", "/local/b"};
  World world_{1};
  Store store_{world_, Layout("/c")};
};

TEST_F(StoreTest, PutsFilesInTheOrderGiven) {
  const auto stored = store_.put(writer(3), {b_, a_}, {});
  ASSERT_EQ(2u, stored.size());
  EXPECT_EQ((StoredFile{"shared/1.2.3.4-0.0.sst", 9, hash128("rows of b"), "b"}), stored[0]);
  EXPECT_EQ((StoredFile{"shared/1.2.3.4-0.1.sst", 9, hash128("rows of a"), "a"}), stored[1]);
  EXPECT_EQ("rows of a", world_.disk().read_file("/c/shared/1.2.3.4-0.1.sst"));
}

TEST_F(StoreTest, KeepsFilesThroughPowerLoss) {
  const auto local = world_.files().create("/local/fresh");
  local->append("never synced by its writer");
  store_.put(writer(3), {{"fresh", "/local/fresh"}}, {});
  world_.lose_power();
  EXPECT_EQ("never synced by its writer", world_.disk().read_file("/c/shared/1.2.3.4-0.0.sst"));
}

TEST_F(StoreTest, ListsAFileOfTheBaseAgainByItsNameWithoutReadingIt) {
  const auto base = store_.put(writer(3), {a_}, {});
  const auto stored = store_.put(writer(4), {{"a", "/local/not there"}, b_}, base);
  EXPECT_EQ(base[0], stored[0]);
  EXPECT_EQ("shared/1.2.4.4-0.1.sst", stored[1].path);
}

TEST_F(StoreTest, ListsAFileOfTheBaseAgainByItsContents) {
  const auto base = store_.put(writer(3), {a_}, {});
  const auto stored = store_.put(writer(4), {{"other name", "/local/a"}}, base);
  EXPECT_EQ((StoredFile{base[0].path, base[0].size, base[0].hash, "other name"}), stored[0]);
  EXPECT_EQ(1u, world_.disk().list("/c/shared").size());
}

TEST_F(StoreTest, NeverOverwritesAFile) {
  store_.put(writer(3), {a_}, {});
  EXPECT_THROW(store_.put(writer(3), {b_}, {}), ExternalError);
  EXPECT_EQ("rows of a", world_.disk().read_file("/c/shared/1.2.3.4-0.0.sst"));
}

TEST_F(StoreTest, CopiesWhereNothingCanBeLinked) {
  NoLinkHost host(world_);
  const Store store(host, Layout("/c"));
  const auto stored = store.put(writer(3), {a_}, {});
  world_.disk().write_file("/local/a", "changed later");
  EXPECT_EQ("rows of a", world_.disk().read_file("/c/" + stored[0].path));
  store.fetch(stored[0], "/local/fetched");
  EXPECT_EQ("rows of a", world_.disk().read_file("/local/fetched"));
  world_.lose_power();
  EXPECT_EQ("rows of a", world_.disk().read_file("/c/" + stored[0].path));
}

TEST_F(StoreTest, CopiesALocalFileWhoseSyncHasFailed) {
  world_.files().create("/local/fresh")->append("rows");
  const LocalFile fresh{"fresh", "/local/fresh"};
  world_.disk().inject({.path = "/c/shared/*", .operations = {DiskOperation::kSync}, .times = 1});
  EXPECT_THROW(store_.put(writer(3), {fresh}, {}), ExternalError);
  // The system takes the old file for clean by now: another sync of it would succeed and save nothing.
  store_.put(writer(4), {fresh}, {});
  world_.lose_power();
  EXPECT_EQ("rows", world_.disk().read_file("/c/shared/1.2.4.4-0.0.sst"));
}

TEST_F(StoreTest, GivesUpWhatIsNotReadAsItWasWritten) {
  const LocalFile noted{"a", "/local/a", hash128("rows of a")};
  world_.disk().inject({.kind = sim::DiskFault::Kind::kBitFlip, .path = "/local/a", .times = 1});
  EXPECT_THAT([&] { store_.put(writer(3), {noted}, {}); },
              ThrowsMessage<CorruptionError>(HasSubstr("/local/a is not read as it was written")));
  EXPECT_THAT(world_.disk().list("/c/shared"), IsEmpty());
  const auto stored = store_.put(writer(4), {noted}, {});
  store_.verify(stored[0]);
}

TEST_F(StoreTest, GivesUpWhatTheLocalDiskHasMadeSomethingElseOf) {
  const LocalFile noted{"a", "/local/a", hash128("rows of a")};
  world_.disk().write_file("/local/a", "rows of b");
  EXPECT_THROW(store_.put(writer(3), {noted}, {}), CorruptionError);
}

TEST_F(StoreTest, FetchesWhatItStored) {
  const auto stored = store_.put(writer(3), {a_}, {});
  store_.fetch(stored[0], "/local/fetched");
  EXPECT_EQ("rows of a", world_.disk().read_file("/local/fetched"));
}

TEST_F(StoreTest, RefusesToFetchWhatIsDamaged) {
  const auto stored = store_.put(writer(3), {a_}, {});
  const std::string path = "/c/" + stored[0].path;
  std::size_t fetched = 0;
  expect_damage_is_found("rows of a", path, [&](const std::string& bytes) {
    world_.disk().write_file(path, bytes);
    store_.fetch(stored[0], "/local/fetched" + std::to_string(++fetched));
  });
  world_.disk().erase(path);
  try {
    store_.fetch(stored[0], "/local/none");
    FAIL() << "was fetched";
  } catch (const CorruptionError& error) {
    EXPECT_EQ(path + " is missing", std::string(error.what()));
  }
}

TEST_F(StoreTest, ReadsAManifestThatItWrote) {
  Manifest manifest = example_manifest();
  const auto written = store_.write_manifest(manifest);
  EXPECT_EQ("chk/3.17/MANIFEST", written.path);
  world_.lose_power();
  EXPECT_EQ(manifest, store_.read_manifest(written));
}

TEST(Store, KeepsManifestsAndStateFilesThroughPowerLossWhateverTheDiskForgets) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed);
    for (const std::string directory : {"/c/chk", "/c/shared"}) world.disk().make_directories(directory);
    world.disk().sync_directory("/c");
    world.disk().sync_directory("/");
    world.disk().write_file("/local/a", "rows of a");
    const Store store(world, Layout("/c"));
    const auto files = store.put(writer(17), {{"a", "/local/a"}}, {});
    Manifest manifest = example_manifest();
    manifest.operators[1].keyed->files = files;
    const auto written = store.write_manifest(manifest);
    world.lose_power();
    ASSERT_EQ(manifest, store.read_manifest(written));
    ASSERT_EQ("", store.first_problem(manifest));
    store.verify(files[0]);
  }
}

TEST_F(StoreTest, GivesUpWhatCouldNotBeSynced) {
  world_.disk().inject({.path = "/c/chk/*", .operations = {DiskOperation::kSync}, .times = 1});
  EXPECT_THROW(store_.write_manifest(example_manifest()), ExternalError);
  EXPECT_FALSE(world_.disk().exists("/c/chk/3.17/MANIFEST"));
}

TEST_F(StoreTest, GivesUpNamesThatCouldNotBeSynced) {
  for (const std::string directory : {"/c/chk/3.17", "/c/chk", "/c/shared"}) {
    SCOPED_TRACE(directory);
    world_.disk().erase("/c/chk/3.17");
    world_.disk().erase("/c/shared/1.2.3.4-0.0.sst");
    world_.disk().inject({.path = directory, .operations = {DiskOperation::kSyncDirectory}, .times = 1});
    EXPECT_THROW((store_.put(writer(3), {a_}, {}), store_.write_manifest(example_manifest())), ExternalError);
  }
}

TEST_F(StoreTest, RefusesAManifestInThePlaceOfAnother) {
  Manifest manifest = example_manifest();
  const auto written = store_.write_manifest(manifest);
  manifest.counters["records_in"] = 7;
  world_.disk().write_file("/c/" + written.path, encode_manifest(manifest));
  EXPECT_THROW(store_.read_manifest(written), CorruptionError);
}

TEST_F(StoreTest, TellsTheFirstFileThatIsNotWhatTheManifestSays) {
  Manifest manifest = example_manifest();
  manifest.operators[1].keyed->files = store_.put(writer(3), {a_, b_}, {});
  EXPECT_EQ("", store_.first_problem(manifest));
  world_.disk().write_file("/c/shared/1.2.3.4-0.1.sst", "short");
  EXPECT_EQ("/c/shared/1.2.3.4-0.1.sst has 5 bytes, 9 were written", store_.first_problem(manifest));
  world_.disk().erase("/c/shared/1.2.3.4-0.1.sst");
  EXPECT_EQ("/c/shared/1.2.3.4-0.1.sst is missing", store_.first_problem(manifest));
}

TEST_F(StoreTest, FindsTheBaseFilesOfOneSubtask) {
  const Manifest manifest = example_manifest();
  EXPECT_EQ(manifest.operators[1].keyed->files, base_files(&manifest, "sums", SubtaskIndex(0), 1));
  EXPECT_THAT(base_files(&manifest, "sums", SubtaskIndex(1), 1), IsEmpty());
  EXPECT_THAT(base_files(&manifest, "numbers", SubtaskIndex(0), 1), IsEmpty());
  EXPECT_THAT(base_files(nullptr, "sums", SubtaskIndex(0), 1), IsEmpty());
}

TEST_F(StoreTest, TakesForGarbageWhatNobodyNamesAndNobodyWrites) {
  auto manifest = std::make_shared<Manifest>(example_manifest());  // 3.17
  for (const std::string path : {"shared/3.2.17.1-0.0.sst", "shared/1.0.3.1-0.2.sst", "shared/3.2.16.1-0.0.sst",
                                 "shared/3.2.18.1-0.0.sst", "shared/4.0.1.1-0.0.sst", "shared/2.0.99.1-0.0.sst",
                                 "shared/notes", "chk/3.17/MANIFEST", "chk/3.16/MANIFEST", "chk/3.18/.MANIFEST"})
    world_.disk().write_file("/c/" + std::string(path), "x");
  const auto garbage = store_.garbage({{manifest}, {GenerationId(3), CheckpointId(17)}});
  EXPECT_THAT(garbage, ElementsAre("chk/3.16", "shared/2.0.99.1-0.0.sst", "shared/3.2.16.1-0.0.sst"));
  store_.remove(garbage);
  EXPECT_THAT(store_.garbage({{manifest}, {GenerationId(3), CheckpointId(17)}}), IsEmpty());
  EXPECT_TRUE(world_.disk().exists("/c/shared/1.0.3.1-0.2.sst")) << "an older checkpoint's file that is still named";
  EXPECT_EQ(18u, store_.highest_checkpoint());
}

}  // namespace
}  // namespace weir::checkpoint
