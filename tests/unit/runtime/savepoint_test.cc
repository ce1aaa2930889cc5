#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/checkpoint/inspect.h"
#include "weir/core/error.h"

#include "checkpointed_job.h"

// Savepoints of whole jobs in the simulated world, and jobs that begin with one.

namespace weir::runtime {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using Death = CheckpointedRun::Death;
using State = JobResult::State;

struct Savepoints : CheckpointedJob {
  /// How a savepoint that was asked for came out.
  struct Asked {
    std::optional<std::string> path;
    std::string error;
  };

  std::shared_ptr<Asked> ask(CheckpointedRun& run, AfterSavepoint after, std::string directory = "/saved") {
    auto asked = std::make_shared<Asked>();
    run.job().savepoint(std::move(directory), after, [asked](const checkpoint::Taken& taken) {
      asked->path = taken.path;
      asked->error = taken.failure;
    });
    return asked;
  }

  /// Runs a job for a while, and stops it with a savepoint; the path.
  std::string stop_with_savepoint(CheckpointedRun& run) {
    run.start();
    run.run_for(70ms);
    const auto asked = ask(run, AfterSavepoint::kStops);
    const JobResult& result = run.run();
    EXPECT_EQ(result.state, State::kFinished) << result.message;
    EXPECT_EQ(asked->error, "");
    EXPECT_EQ(result.savepoint, asked->path);
    return result.savepoint;
  }

  std::map<std::string, std::string> files_below(const std::string& directory) {
    std::map<std::string, std::string> files;
    for (const std::string& path : world.disk().list_recursive(directory)) files[path] = world.disk().read_file(path);
    return files;
  }

  /// Of the savepoint, so that it lies somewhere else under another name; its new path.
  std::string moved(const std::string& from) {
    world.disk().make_directories("/elsewhere");
    world.files().rename(from, "/elsewhere/mine");
    return "/elsewhere/mine";
  }

  void expect_whole(const std::string& savepoint) {
    const checkpoint::InspectedJob job = checkpoint::inspect_job(world, savepoint, checkpoint::Depth::kBytes);
    EXPECT_FALSE(job.damaged());
    ASSERT_EQ(job.checkpoints.size(), 1U);
    EXPECT_TRUE(job.checkpoints[0].manifest->staged.empty());
  }

  sim::World world{1};
};

TEST_F(Savepoints, AreMadeWhileTheJobRunsOn) {
  CheckpointedRun run = run_in(world);
  run.start();
  run.run_for(70ms);
  const auto asked = ask(run, AfterSavepoint::kRunsOn);
  run.run_until([&] { return asked->path.has_value(); });
  ASSERT_EQ(asked->error, "");
  EXPECT_FALSE(run.ended());
  EXPECT_THAT(*asked->path, testing::MatchesRegex("/saved/savepoint-[0-9a-f]{8}-[0-9]+-[0-9a-f]{12}"));
  expect_whole(*asked->path);
  const auto before = files_below(*asked->path);
  ASSERT_EQ(run.run().state, State::kFinished);
  EXPECT_EQ(files_below(*asked->path), before);
  EXPECT_TRUE(files_below("/saved") == before) << "and nothing else";
  expect_exact();
}

TEST_F(Savepoints, StopAJobWithAllOutputUpToThereDelivered) {
  CheckpointedRun run = run_in(world);
  const std::string savepoint = stop_with_savepoint(run);
  expect_whole(savepoint);
  EXPECT_TRUE(target->staged.empty());
  const std::size_t seen = target->seen.size();
  EXPECT_GT(seen, 0U);
  EXPECT_LT(seen, script.all().size());
}

TEST_F(Savepoints, BeginAJobInADirectoryOfItsOwnAtAnotherParallelism) {
  CheckpointedRun run = run_in(world);
  const std::string savepoint = moved(stop_with_savepoint(run));
  const auto before = files_below(savepoint);
  run.options.checkpoints->directory = "/others";
  run.options.checkpoints->job = "another name";
  run.options.checkpoints->from = savepoint;
  run.options.parallelism = 5;
  const JobResult& result = run.run_to_end();
  ASSERT_EQ(result.state, State::kFinished) << result.message;
  EXPECT_THAT(run.log, Contains(AllOf(HasSubstr("going on from savepoint"), HasSubstr(savepoint))));
  expect_exact();
  EXPECT_EQ(files_below(savepoint), before) << "a savepoint is its owner's";
}

TEST_F(Savepoints, AreBegunWithOnceHoweverOftenTheJobIsKilled) {
  int saved = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    begin_anew();
    sim::World other(seed);
    sim::Random random(seed);
    CheckpointedRun run = run_in(other);
    run.start();
    run.run_until([&] { return run.statistics().completed == 1; });
    const auto asked = ask(run, AfterSavepoint::kStops);
    ASSERT_EQ(run.run().state, State::kFinished);
    if (!asked->error.empty()) continue;  // it had read all
    ++saved;
    run.options.checkpoints->directory = "/others";
    run.options.checkpoints->from = *asked->path;
    for (std::uint64_t deaths = seed % 4; deaths > 0; --deaths) {
      run.options.parallelism = static_cast<std::uint32_t>(random.between(1, 4));
      run.start();
      run.run_for(random.between(0ns, std::chrono::nanoseconds(60ms)));
      run.kill(seed % 2 == 0 ? Death::kKill : Death::kPowerLoss);
    }
    const JobResult& result = run.run_to_end();
    ASSERT_EQ(result.state, State::kFinished) << result.message;
    expect_exact();
  }
  EXPECT_GT(saved, 40);
}

TEST_F(Savepoints, LeaveTheStoppedJobsOwnCheckpointsForTheSameCommand) {
  CheckpointedRun run = run_in(world);
  stop_with_savepoint(run);
  ASSERT_EQ(run.run_to_end().state, State::kFinished);
  expect_exact();
}

TEST_F(Savepoints, AreRefusedInADirectoryWithCheckpointsOfAnotherOrigin) {
  CheckpointedRun run = run_in(world);
  run.options.checkpoints->from = stop_with_savepoint(run);
  const JobResult& result = run.run_to_end();
  ASSERT_EQ(result.state, State::kFailed);
  EXPECT_THAT(result.message, AllOf(HasSubstr("has checkpoints of this job already"), HasSubstr("did not begin with"),
                                    HasSubstr("savepoint-"), HasSubstr("--weir.from")));
}

TEST_F(Savepoints, AreRefusedIfAFileIsMissing) {
  CheckpointedRun run = run_in(world);
  const std::string savepoint = stop_with_savepoint(run);
  const std::string file = world.disk().list_recursive(savepoint + "/shared").front();
  world.disk().erase(file);
  run.options.checkpoints->directory = "/others";
  run.options.checkpoints->from = savepoint;
  const JobResult& result = run.run_to_end();
  ASSERT_EQ(result.state, State::kFailed);
  EXPECT_THAT(result.message, HasSubstr(file + " is missing"));
}

TEST_F(Savepoints, AreRefusedIfAFileIsDamaged) {
  CheckpointedRun run = run_in(world);
  const std::string savepoint = stop_with_savepoint(run);
  const std::string file = world.disk().list_recursive(savepoint + "/shared").front();
  std::string bytes = world.disk().read_file(file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  world.disk().erase(file);
  world.disk().write_file(file, bytes);
  run.options.checkpoints->directory = "/others";
  run.options.checkpoints->from = savepoint;
  const JobResult& result = run.run_to_end();
  ASSERT_EQ(result.state, State::kFailed);
  EXPECT_THAT(result.message, AllOf(HasSubstr(file), HasSubstr("damaged")));
}

TEST_F(Savepoints, AreRefusedIfThereIsNone) {
  CheckpointedRun run = run_in(world);
  run.options.checkpoints->from = "/nowhere";
  const JobResult& result = run.run_to_end();
  ASSERT_EQ(result.state, State::kFailed);
  EXPECT_THAT(result.message, HasSubstr("'/nowhere' is no savepoint: there is no '/nowhere/log'; name a directory"));
}

TEST_F(Savepoints, AreRemovedOnceTheyAreNotNeededIfTheJobHasClaimedThem) {
  CheckpointedRun run = run_in(world);
  const std::string savepoint = stop_with_savepoint(run);
  for (const bool claim : {false, true}) {
    SCOPED_TRACE(claim);
    begin_anew();
    run.options.checkpoints->directory = claim ? "/claiming" : "/others";
    run.options.checkpoints->from = savepoint;
    run.options.checkpoints->claim = claim ? checkpoint::ClaimMode::kClaim : checkpoint::ClaimMode::kNoClaim;
    ASSERT_EQ(run.run_to_end().state, State::kFinished);
    EXPECT_EQ(world.disk().list_recursive(savepoint).empty(), claim);
  }
}

TEST_F(Savepoints, AreNotRemovedAsLongAsACheckpointIsThatWasMadeOfThem) {
  CheckpointedRun run = run_in(world);
  const std::string savepoint = stop_with_savepoint(run);
  begin_anew();
  run.options.checkpoints->directory = "/claiming";
  run.options.checkpoints->from = savepoint;
  run.options.checkpoints->claim = checkpoint::ClaimMode::kClaim;
  run.options.checkpoints->retained = 2;
  run.start();
  run.run_until([&] { return run.statistics().completed == 1; });
  expect_whole(savepoint);
  run.kill(Death::kKill);
  // What a process that died had claimed the next removes.
  ASSERT_EQ(run.run_to_end().state, State::kFinished);
  EXPECT_THAT(world.disk().list_recursive(savepoint), testing::IsEmpty());
}

TEST_F(Savepoints, AreNotTakenForTheOneThatAJobHasClaimedBecauseOfTheirName) {
  CheckpointedRun run = run_in(world);
  run.start();
  run.run_for(40ms);
  const auto earlier = ask(run, AfterSavepoint::kRunsOn);
  run.run_until([&] { return earlier->path.has_value(); });
  const auto asked = ask(run, AfterSavepoint::kStops);
  const std::string savepoint = moved(run.run().savepoint);
  world.disk().make_directories("/archive");
  world.files().rename(*earlier->path, "/archive/mine");

  begin_anew();
  run.options.checkpoints->directory = "/claiming";
  run.options.checkpoints->from = savepoint;
  run.options.checkpoints->claim = checkpoint::ClaimMode::kClaim;
  run.start();
  run.run_until([&] { return run.statistics().completed == 1; });
  run.kill(Death::kKill);
  run.options.checkpoints->from = "/archive/mine";
  ASSERT_EQ(run.run_to_end().state, State::kFinished);
  expect_whole("/archive/mine");
  expect_whole(savepoint);
}

TEST_F(Savepoints, LeaveWhatElseIsInTheirDirectoryWhenTheyAreRemoved) {
  CheckpointedRun run = run_in(world);
  const std::string savepoint = stop_with_savepoint(run);
  const std::string notes = savepoint + "/notes.txt";
  world.disk().write_file(notes, "why it was made");
  begin_anew();
  run.options.checkpoints->directory = savepoint + "/checkpoints";
  run.options.checkpoints->from = savepoint;
  run.options.checkpoints->claim = checkpoint::ClaimMode::kClaim;
  run.options.checkpoints->retained = 1;
  ASSERT_EQ(run.run_to_end().state, State::kFinished);
  EXPECT_EQ(world.disk().read_file(notes), "why it was made");
  EXPECT_FALSE(world.disk().exists(savepoint + "/shared"));
}

TEST_F(Savepoints, CannotBeClaimedIfTheyAreAJobsDirectory) {
  CheckpointedRun run = run_in(world);
  stop_with_savepoint(run);
  const checkpoint::Layout layout(run.options.checkpoints->directory, run.options.checkpoints->job);
  run.options.checkpoints->from = layout.directory();
  run.options.checkpoints->directory = "/others";
  run.options.checkpoints->claim = checkpoint::ClaimMode::kClaim;
  const JobResult& result = run.run_to_end();
  ASSERT_EQ(result.state, State::kFailed);
  EXPECT_THAT(result.message, AllOf(HasSubstr(layout.directory()), HasSubstr("cannot be claimed")));
}

TEST_F(Savepoints, OfAnotherJobAreRefusedWithBothSides) {
  CheckpointedRun run = run_in(world);
  const std::string savepoint = stop_with_savepoint(run);
  CheckpointedRun other(world, [this] {
    SequenceGraph graph;
    const NodeId from = graph.source(script);
    const NodeId follow = graph.follow({from}, watch, "pursue");
    graph.sink(follow, target);
    return graph.take();
  });
  other.options.checkpoints->directory = "/others";
  other.options.checkpoints->from = savepoint;
  const JobResult& result = other.run_to_end();
  ASSERT_EQ(result.state, State::kFailed);
  EXPECT_THAT(result.message, AllOf(HasSubstr(savepoint), HasSubstr("'follow'"), HasSubstr("'pursue'")));
  EXPECT_EQ(other.statistics().completed, 0U);

  other.options.allow_non_restored_state = true;
  begin_anew();
  const JobResult& allowed = other.run_to_end();
  ASSERT_EQ(allowed.state, State::kFinished) << allowed.message;
  EXPECT_THAT(other.log, Contains(AllOf(HasSubstr("'follow'"), HasSubstr("dropped"))));
  EXPECT_THAT(other.log, Contains(AllOf(HasSubstr("'pursue'"), HasSubstr("begins with nothing"))));
  EXPECT_LT(target->seen.size(), script.all().size()) << "the source has gone on where it stood";
  EXPECT_GT(watch->jumps, 0U) << "the keys' numbers are forgotten";
}

TEST_F(Savepoints, ThatCannotBeWrittenLeaveTheJobRunning) {
  CheckpointedRun run = run_in(world);
  world.disk().write_file("/saved", "a file in the place of the directory");
  for (const AfterSavepoint after : {AfterSavepoint::kRunsOn, AfterSavepoint::kStops}) {
    SCOPED_TRACE(static_cast<int>(after));
    begin_anew();
    run.options.checkpoints->directory = after == AfterSavepoint::kRunsOn ? "/first" : "/second";
    run.start();
    run.run_for(70ms);
    const auto asked = ask(run, after);
    const JobResult& result = run.run();
    ASSERT_EQ(result.state, State::kFinished) << result.message;
    EXPECT_EQ(result.savepoint, "");
    EXPECT_THAT(asked->error, HasSubstr("/saved"));
    expect_exact();
  }
}

TEST_F(Savepoints, OfAJobThatIsNotRunningAreRefused) {
  CheckpointedRun run = run_in(world);
  run.start();
  const auto asked = ask(run, AfterSavepoint::kRunsOn);
  run.run();
  EXPECT_THAT(asked->error, HasSubstr("not"));
  const auto late = ask(run, AfterSavepoint::kRunsOn);
  world.run_for(1s);
  EXPECT_NE(late->error, "");
}

TEST_F(Savepoints, OfAJobWithoutCheckpointsAreRefused) {
  CheckpointedRun run = run_in(world);
  run.options.checkpoints.reset();
  run.start();
  run.run_for(10ms);
  const auto asked = ask(run, AfterSavepoint::kStops);
  run.run();
  EXPECT_THAT(asked->error, HasSubstr("--weir.checkpoint-dir"));
  expect_exact();
}

TEST_F(Savepoints, OrCheckpointsCanBeAskedForAtAnyTime) {
  CheckpointedRun run = run_in(world);
  run.options.checkpoints->interval = Duration{60'000};
  run.start();
  run.run_for(30ms);
  std::vector<std::uint64_t> taken;
  for (int i = 0; i < 3; ++i) {
    run.job().checkpoint_now([&](const checkpoint::Taken& what) {
      EXPECT_EQ(what.failure, "");
      taken.push_back(what.checkpoint.value());
    });
    run.run_until([&] { return taken.size() == static_cast<std::size_t>(i) + 1; });
  }
  EXPECT_THAT(taken, testing::ElementsAre(1, 2, 3));
  run.run();
  expect_exact();
}

TEST_F(Savepoints, AskedForByTwoAreMadeForBoth) {
  CheckpointedRun run = run_in(world);
  run.start();
  run.run_for(70ms);
  const auto one = ask(run, AfterSavepoint::kRunsOn);
  const auto other = ask(run, AfterSavepoint::kStops, "/other");
  ASSERT_EQ(run.run().state, State::kFinished);
  EXPECT_EQ(one->error + other->error, "");
  expect_whole(*one->path);
  expect_whole(*other->path);
}

}  // namespace
}  // namespace weir::runtime
