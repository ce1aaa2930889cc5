#include "weir/checkpoint/log.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/sim/disk_fault.h"
#include "weir/sim/world.h"

#include "no_link_host.h"
#include "passing_host.h"

namespace weir::checkpoint {
namespace {

using sim::DiskOperation;
using sim::World;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kJob = "orders";
constexpr AppendPoints kPoints{"written", "linked", "synced"};

const Layout& layout() {
  static const Layout layout("/c");
  return layout;
}

Completed completed(std::uint64_t checkpoint) {
  return {{GenerationId(1), CheckpointId(checkpoint)}, "chk/MANIFEST", 7, {1, 2}};
}

/// Lets the test act while an append is under way.
class InterruptedHost final : public PassingHost {
 public:
  using PassingHost::PassingHost;

  void crash_point(std::string_view name) override {
    if (name == at) std::exchange(act, [] {})();
  }

  std::string at;
  std::function<void()> act = [] {};
};

/// A process that shares the log with others.
struct Process {
  Process(Host& host, std::uint64_t writer) : log(host, layout(), std::string(kJob)) {
    standing.writer = WriterId(writer);
  }

  void read() { standing.end = log.end(); }
  bool take_over() {
    read();
    return log.append(standing, Takeover{"a process", std::nullopt}, {});
  }

  Log log;
  LogStanding standing;
};

class LogTest : public ::testing::Test {
 protected:
  LogTest() {
    world_.disk().make_directories("/c/log");
    world_.disk().sync_directory("/c");
    world_.disk().sync_directory("/");
    first_.log.append(first_.standing, Born{std::string(kJob)}, {});
    first_.take_over();
  }

  World world_{1};
  InterruptedHost host_{world_};
  Process first_{host_, 1};
  Process second_{world_, 2};
};

TEST_F(LogTest, IsReadInTheOrderOfItsEntries) {
  first_.log.append(first_.standing, completed(1), kPoints);
  EXPECT_THAT(first_.log.indices(), ElementsAre(0, 1, 2));
  EXPECT_EQ(std::get<Completed>(first_.log.read_all().back().what), completed(1));
  EXPECT_EQ(1u, first_.standing.takeover);
  EXPECT_EQ(2u, first_.standing.last);
}

TEST_F(LogTest, FencesAWriterBehindWhoseBackAnotherTookOver) {
  second_.take_over();
  EXPECT_THROW(first_.log.append(first_.standing, completed(1), kPoints), FencedError);
  EXPECT_THROW(first_.log.require_standing(first_.standing), FencedError);
  EXPECT_THROW(first_.log.retire(first_.standing, 2), FencedError);
  EXPECT_THAT(second_.log.indices(), ElementsAre(0, 1, 2));
}

TEST_F(LogTest, FencesAWriterThatAnotherTookOverFromBeforeItsEntryWasThere) {
  host_.at = "written";
  host_.act = [&] { second_.take_over(); };
  EXPECT_THROW(first_.log.append(first_.standing, completed(1), kPoints), FencedError);
  EXPECT_EQ(WriterId(2), second_.log.read(2).writer);
}

TEST_F(LogTest, FencesAWriterThatFilledAHoleBehindATakeover) {
  host_.at = "written";
  host_.act = [&] {
    second_.take_over();
    second_.log.append(second_.standing, completed(1), {});
    second_.log.retire(second_.standing, 3);
  };
  // Its own place is free again, so that its entry is created: only a second look tells that it does not count.
  EXPECT_THROW(first_.log.append(first_.standing, completed(1), kPoints), FencedError);
}

TEST_F(LogTest, TellsAProcessThatIsTooLateToTakeOverToLookAgain) {
  Process third(host_, 3);
  third.read();
  host_.at = "written";
  host_.act = [&] { second_.take_over(); };
  EXPECT_FALSE(third.log.append(third.standing, Takeover{"late", std::nullopt}, kPoints));
  EXPECT_EQ(std::nullopt, third.standing.takeover);
  EXPECT_TRUE(third.take_over());
}

TEST_F(LogTest, DoesNotTakeOverBehindWhatCameAfterItWasRead) {
  Process third(world_, 3);
  third.read();
  second_.take_over();
  second_.log.append(second_.standing, completed(1), {});
  EXPECT_FALSE(third.log.append(third.standing, Takeover{"late", std::nullopt}, {}));
  EXPECT_NO_THROW(second_.log.require_standing(second_.standing));
  // Its place is free again: it counts for nothing.
  second_.log.retire(second_.standing, 3);
  EXPECT_THROW(third.log.append(third.standing, Takeover{"late", std::nullopt}, {}), FencedError);
}

TEST_F(LogTest, KeepsThroughPowerLossWhatWasAppended) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    World world(seed);
    world.disk().make_directories("/c/log");
    world.disk().sync_directory("/c");
    world.disk().sync_directory("/");
    Process process(world, 1);
    process.log.append(process.standing, Born{std::string(kJob)}, {});
    process.take_over();
    process.log.append(process.standing, completed(1), kPoints);
    world.lose_power();
    ASSERT_EQ(3u, process.log.read_all().size()) << "seed " << seed;
  }
}

TEST_F(LogTest, DoesNotKnowWhatBecameOfAnEntryWhoseNameCouldNotBeSynced) {
  world_.disk().inject({.path = "/c/log", .operations = {DiskOperation::kSyncDirectory}, .times = 1});
  try {
    first_.log.append(first_.standing, completed(1), kPoints);
    FAIL() << "was appended";
  } catch (const OutcomeUnknown& error) {
    EXPECT_THAT(error.what(), HasSubstr("whether /c/log/2 was written is not known"));
  }
  EXPECT_EQ(1u, first_.standing.last);
}

TEST_F(LogTest, AppendsNothingOfWhichTheSyncFailed) {
  world_.disk().inject({.path = "/c/log/*", .operations = {DiskOperation::kSync}, .times = 1});
  EXPECT_THROW(first_.log.append(first_.standing, completed(1), kPoints), ExternalError);
  EXPECT_THAT(first_.log.indices(), ElementsAre(0, 1));
  EXPECT_TRUE(first_.log.append(first_.standing, completed(2), kPoints));
}

TEST_F(LogTest, SaysSoWhereNothingCanBeLinked) {
  NoLinkHost host(world_);
  Process process(host, 3);
  try {
    process.take_over();
    FAIL() << "took over";
  } catch (const ExternalError& error) {
    EXPECT_THAT(error.what(), HasSubstr("hard links"));
    EXPECT_EQ(Retry::kNo, error.retry());
  }
}

TEST_F(LogTest, RemovesWhatWritersLeftThatDied) {
  world_.disk().write_file("/c/log/.new-2-000000000000000a", "half an entry");
  world_.disk().write_file("/c/log/.new-3-000000000000000a", "of somebody who may live");
  first_.log.remove_leftovers(3);
  EXPECT_THAT(world_.disk().list_recursive("/c/log"),
              ElementsAre("/c/log/.new-3-000000000000000a", "/c/log/0", "/c/log/1"));
}

}  // namespace
}  // namespace weir::checkpoint
