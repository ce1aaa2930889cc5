#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/checkpoint/inspect.h"
#include "weir/checkpoint/savepoint.h"
#include "weir/core/error.h"
#include "weir/core/file_tools.h"
#include "weir/core/schema_of.h"
#include "weir/sim/world.h"

#include "passing_host.h"

namespace weir::checkpoint {
namespace {

using sim::World;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// Dies at a change of the disk: that one and all later ones fail, those by which it would clean up, too.
class DyingHost final : public PassingHost {
 public:
  DyingHost(World& world, int changes) : PassingHost(world), left_(changes) {}

  bool died() const { return left_ < 0; }

  std::unique_ptr<File> create(const std::string& path) override {
    count();
    return PassingHost::create(path);
  }
  LinkResult link(const std::string& from, const std::string& to) override {
    count();
    return PassingHost::link(from, to);
  }
  void make_directories(const std::string& path) override {
    count();
    PassingHost::make_directories(path);
  }
  void rename(const std::string& from, const std::string& to) override {
    count();
    PassingHost::rename(from, to);
  }
  void remove(const std::string& path) override {
    count();
    PassingHost::remove(path);
  }
  void sync_directory(const std::string& directory) override {
    count();
    PassingHost::sync_directory(directory);
  }

 private:
  void count() {
    if (--left_ < 0) throw ExternalError("dead");
  }

  int left_;
};

/// A job's directory with one checkpoint of two state files, one of which two subtasks name.
class CopyCheckpoint : public testing::Test {
 protected:
  CopyCheckpoint() {
    world.disk().write_file("/local/a", "rows of a");
    world.disk().write_file("/local/b", "rows of b, which are more");
    for (const char* directory : {"/checkpoints/job/shared", "/checkpoints/job/log", "/checkpoints/job/chk"})
      make_durable_directory(world.files(), directory);
    const StateWriter writer{GenerationId(1), AttemptId(1), CheckpointId(3), NodeId(1), SubtaskIndex(0)};
    const auto stored = store.put(writer, {{"a", "/local/a"}, {"b", "/local/b"}}, {});
    manifest.weir_version = "test";
    manifest.job = "orders";
    manifest.generation = GenerationId(1);
    manifest.attempt = AttemptId(1);
    manifest.checkpoint = CheckpointId(3);
    manifest.shape.key_groups = 16;
    manifest.shape.nodes = {{"counts", NodeKind::kOperator, 2}};
    for (std::uint32_t subtask = 0; subtask < 2; ++subtask) {
      OperatorSnapshot snapshot;
      snapshot.name = "counts";
      snapshot.subtask = SubtaskIndex(subtask);
      snapshot.parallelism = 2;
      StateHandle handle;
      handle.range = {static_cast<std::uint16_t>(8 * subtask), static_cast<std::uint16_t>(8 * subtask + 8)};
      handle.files = subtask == 0 ? stored : std::vector<StoredFile>{stored.front()};
      snapshot.keyed = handle;
      manifest.operators.push_back(snapshot);
    }
    manifest.staged = {{"files", {{CheckpointId(3), SubtaskIndex(0), "part-0"}}}};
  }

  void copy(Host& host) { copy_checkpoint(host, Store(host, Layout("/checkpoints/job")), manifest, path, "me:1"); }

  std::string refusal() {
    try {
      copy(world);
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  }

  void expect_whole() {
    const InspectedJob job = inspect_job(world, path, Depth::kBytes);
    EXPECT_FALSE(job.damaged());
    EXPECT_EQ(job.job, "orders");
    ASSERT_EQ(job.checkpoints.size(), 1U);
    EXPECT_EQ(*job.checkpoints.front().manifest, manifest);
    EXPECT_EQ(*read_savepoint(world, path).manifest, manifest);
  }

  std::string path = "/copies/of/it";
  World world{1};
  Store store{world, Layout("/checkpoints/job")};
  Manifest manifest;
};

TEST_F(CopyCheckpoint, StandsOnItsOwn) {
  copy(world);
  for (const std::string& file : world.disk().list_recursive("/checkpoints")) world.disk().erase(file);
  expect_whole();
}

TEST_F(CopyCheckpoint, RefusesToOverwriteAndChangesNothing) {
  world.disk().write_file(path + "/mine", "precious");
  const auto before = world.disk().list_recursive("/copies");
  EXPECT_THAT(refusal(), AllOf(HasSubstr(path), HasSubstr("exists already")));
  EXPECT_EQ(world.disk().list_recursive("/copies"), before);
}

TEST_F(CopyCheckpoint, ComparesEveryByteAndNamesTheFile) {
  const std::string file = store.layout().absolute(manifest.operators.front().keyed->files.back().path);
  std::string bytes = world.disk().read_file(file);
  bytes.back() = '!';
  world.disk().erase(file);
  world.disk().write_file(file, bytes);
  EXPECT_THAT(refusal(), HasSubstr(file));
  world.disk().erase(file);
  EXPECT_THAT(refusal(), AllOf(HasSubstr(file), HasSubstr("missing")));
  EXPECT_TRUE(world.disk().list_recursive("/copies").empty());
}

TEST_F(CopyCheckpoint, IsThereAsAWholeOrNotAtAllWhereverItDies) {
  for (int changes = 0;; ++changes) {
    SCOPED_TRACE(changes);
    ASSERT_LT(changes, 1000);
    path = "/copies/of/it" + std::to_string(changes);
    DyingHost host(world, changes);
    try {
      copy(host);
    } catch (const ExternalError&) {
      EXPECT_TRUE(host.died());
    }
    world.disk().crash();
    if (world.disk().exists(path)) {
      expect_whole();
    } else {
      ASSERT_TRUE(host.died()) << "it has ended, and what it made is gone";
    }
    if (!host.died()) break;
  }
}

}  // namespace
}  // namespace weir::checkpoint
