#include "weir/runtime/local_state.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/sim/world.h"

#include "sequence_job.h"

namespace weir::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// Stores that tell who made them and when they go.
struct Watched final : state::ColdStores {
  explicit Watched(std::shared_ptr<std::vector<std::string>> events_of_all, Host& host, const std::string& in)
      : events(std::move(events_of_all)), stores(state::make_map_stores(host, in)) {}
  ~Watched() override { events->push_back("closed"); }
  std::unique_ptr<state::ColdStore> make(const std::string& name) override {
    events->push_back(name);
    return stores->make(name);
  }

  std::shared_ptr<std::vector<std::string>> events;
  std::unique_ptr<state::ColdStores> stores;
};

struct LocalStateTest : testing::Test {
  LocalStateTest() {
    SequenceGraph made;
    const NodeId from = made.source(SequenceScript{});
    follow = made.follow({from}, std::make_shared<Follow::Watch>());
    made.sink(follow, std::make_shared<Target>());
    graph = made.take();
    plan = make_plan(graph, 2, 16);
    world.disk().make_directories("/local");
  }

  std::unique_ptr<LocalState> make() { return std::make_unique<LocalState>(world, "/local/1.2", factory, graph, plan); }

  sim::World world{1};
  NodeId follow{};
  Graph graph;
  Plan plan;
  std::shared_ptr<std::vector<std::string>> events = std::make_shared<std::vector<std::string>>();
  state::ColdStoresFactory factory = [this](Host& host, const std::string& directory) {
    events->push_back("in " + directory);
    return std::make_unique<Watched>(events, host, directory);
  };
};

TEST_F(LocalStateTest, HasAStoreForEverySubtaskWithKeyedState) {
  const auto local = make();
  EXPECT_EQ(local->directory(), "/local/1.2");
  EXPECT_THAT(*events, ElementsAre("in /local/1.2/cold", "1-0", "1-1"));
  const auto first = local->cold_store(follow, SubtaskIndex(0));
  const auto second = local->cold_store(follow, SubtaskIndex(1));
  EXPECT_NE(first, second);
  EXPECT_EQ(local->cold_store(follow, SubtaskIndex(0)), first);
}

TEST_F(LocalStateTest, BeginsInAnEmptyDirectoryWhateverAnEarlierAttemptLeft) {
  world.disk().write_file("/local/1.2/cold/old.sst", "rows");
  world.disk().write_file("/local/1.2/export-1-0-3/deep/er", "rows");
  world.disk().write_file("/local/1.1/not mine", "rows");
  state::ColdStoresFactory sees_files = factory;
  factory = [&](Host& host, const std::string& directory) {
    EXPECT_THAT(world.disk().list_recursive("/local/1.2"), IsEmpty());
    return sees_files(host, directory);
  };
  make();
  EXPECT_TRUE(world.disk().exists("/local/1.1/not mine"));
}

TEST_F(LocalStateTest, ClosesItsStoresBeforeItRemovesTheDirectory) {
  const auto local = make();
  local->cold_store(follow, SubtaskIndex(0))->ingest({{state::RowChange::Kind::kPut, "key", "value"}});
  ASSERT_THAT(world.disk().list_recursive("/local/1.2"), testing::Not(IsEmpty()));
  events->clear();
  local->remove();
  EXPECT_THAT(*events, ElementsAre("closed"));
  EXPECT_FALSE(world.disk().exists("/local/1.2"));
}

TEST_F(LocalStateTest, NamesWhatCannotBeRemoved) {
  world.disk().write_file("/local/1.2/cold/old.sst", "rows");
  world.disk().inject({.path = "/local/1.2/cold/old.sst", .operations = {sim::DiskOperation::kRemove}, .times = 1});
  try {
    make();
    FAIL() << "was made";
  } catch (const ExternalError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/local/1.2/cold/old.sst"));
  }
  EXPECT_THAT(*events, IsEmpty()) << "no store was made beside what an earlier attempt left";
}

TEST_F(LocalStateTest, NamesADirectoryThatCannotBeMade) {
  world.disk().inject({.path = "/local/1.2/cold", .operations = {sim::DiskOperation::kMakeDirectories}, .times = 1});
  try {
    make();
    FAIL() << "was made";
  } catch (const ExternalError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/local/1.2/cold"));
  }
}

TEST_F(LocalStateTest, PassesOnWhatMakingAStoreThrows) {
  factory = [](Host&, const std::string&) -> std::unique_ptr<state::ColdStores> {
    throw UserError("no such option of the database");
  };
  EXPECT_THROW(make(), UserError);
}

TEST_F(LocalStateTest, IsAskedOnlyForStoresThatItHas) {
  const auto local = make();
  EXPECT_DEATH(local->cold_store(NodeId(0), SubtaskIndex(0)), "0");
  EXPECT_DEATH(local->cold_store(follow, SubtaskIndex(2)), "2");
}

}  // namespace
}  // namespace weir::runtime
