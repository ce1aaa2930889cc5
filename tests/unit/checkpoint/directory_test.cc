// What coordinators do to a directory, and to each other, when disks and processes fail.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/checkpoint/collect_garbage.h"
#include "weir/checkpoint/coordinator.h"
#include "weir/checkpoint/inspect.h"
#include "weir/checkpoint/log.h"
#include "weir/core/crash_points.h"
#include "weir/core/error.h"
#include "weir/sim/disk_fault.h"
#include "weir/sim/killed.h"

#include "fake_job.h"

namespace weir::checkpoint {
namespace {

using sim::DiskFault;
using sim::DiskOperation;
using sim::World;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

Layout layout() { return {options_for_test().directory, options_for_test().job}; }

std::vector<std::string> names_in(World& world, const std::string& directory) {
  std::vector<std::string> names;
  for (const DirectoryEntry& entry : world.disk().list(directory)) names.push_back(entry.name);
  return names;
}

/// What open() says against it.
template <class E>
std::string refusal(FakeJob& job) {
  try {
    job.open();
  } catch (const E& error) {
    return error.what();
  }
  return "none";
}

// ---- one process at a time --------------------------------------------------------------------------------------

TEST(CheckpointDirectory, RefusesASecondProcessAndNamesTheHolder) {
  World world(1);
  FakeJob first(world);
  first.start();
  FakeJob second(world);
  const std::string message = refusal<UsageError>(second);
  EXPECT_THAT(message, HasSubstr("here:1"));
  EXPECT_THAT(message, HasSubstr("--weir.takeover"));
  first.run_until_completed(1);
  EXPECT_EQ("", first.failure);
}

TEST(CheckpointDirectory, IsFreeAgainAfterClose) {
  World world(2);
  FakeJob first(world);
  first.start();
  first.run_until_completed(1);
  first.close();
  FakeJob second(world);
  EXPECT_EQ(Opened::Kind::kRestored, second.open().kind);
}

TEST(CheckpointDirectory, TakenOverByAnotherProcessFencesTheFirst) {
  World world(3);
  FakeJob first(world);
  first.start();
  first.run_until_completed(2);
  Options options = options_for_test();
  options.takeover = true;
  options.holder = "there:2";
  FakeJob second(world, options);
  const Opened opened = second.open();
  ASSERT_EQ(Opened::Kind::kRestored, opened.kind);
  const std::vector<std::string> before = world.disk().list_recursive(layout().directory());

  const std::size_t completed = first.completed.size();
  run_until(world, [&] { return !first.failure.empty(); });
  EXPECT_THAT(first.failure, HasSubstr("another process (there:2) has taken over"));
  EXPECT_EQ(completed, first.completed.size());
  world.run_for(10s);
  EXPECT_EQ(before, world.disk().list_recursive(layout().directory())) << "the fenced one touched something";

  second.answers = true;
  second.begin();
  second.run_until_completed(1);
  EXPECT_GT(second.completed[0]->checkpoint, opened.manifest->checkpoint);
}

TEST(CheckpointDirectory, TakenOverByAnotherProcessFencesOneThatPublishesNothing) {
  World world(3);
  FakeJob first(world);
  first.start();
  first.run_until_completed(1);
  first.answers = false;
  Options options = options_for_test();
  options.takeover = true;
  options.holder = "there:2";
  FakeJob second(world, options);
  second.open();

  first.run_until_triggered(2);
  first.coordinator->decline(AttemptId(1), first.triggers.back().checkpoint, TaskIndex(0), SubtaskIndex(0),
                             "files are gone");
  world.run_until([&] { return !first.failure.empty(); });
  EXPECT_THAT(first.failure, HasSubstr("another process (there:2) has taken over"));
  world.run_for(30s);
  EXPECT_EQ(2u, first.triggers.size());
}

TEST(CheckpointDirectory, TakenOverByAnotherProcessIsWhatTheFirstIsToldWhenItEnds) {
  World world(3);
  FakeJob first(world);
  first.start();
  first.run_until_completed(1);
  Options options = options_for_test();
  options.takeover = true;
  FakeJob second(world, options);
  second.open();
  EXPECT_THROW(first.close(), FencedError);
}

TEST(CheckpointDirectory, TakenOverByAnotherProcessIsToldByTheFenceOfTheFirst) {
  World world(3);
  FakeJob first(world);
  first.start();
  first.run_until_completed(3);
  EXPECT_NO_THROW(first.coordinator->fence()());
  Options options = options_for_test();
  options.takeover = true;
  FakeJob second(world, options);
  second.open();
  EXPECT_THROW(first.coordinator->fence()(), FencedError);
  EXPECT_NO_THROW(second.coordinator->fence()());
}

TEST(CheckpointDirectory, IsNotRemovedByAFencedProcess) {
  World world(4);
  FakeJob first(world);
  first.start();
  first.run_until_completed(1);
  Options options = options_for_test();
  options.takeover = true;
  FakeJob second(world, options);
  second.open();
  EXPECT_THROW(first.close(Coordinator::Keep::kNo), FencedError);
  EXPECT_THAT(names_in(world, layout().checkpoints()), ElementsAre("1.1"));
}

TEST(CheckpointDirectory, OfTwoJobsUnderOneRootIsNotShared) {
  World world(5);
  Options options = options_for_test();
  options.job = "invoices";
  FakeJob first(world);
  FakeJob second(world, options);
  EXPECT_EQ(Opened::Kind::kFresh, first.open().kind);
  EXPECT_EQ(Opened::Kind::kFresh, second.open().kind);
}

TEST(CheckpointDirectory, OfAnotherJobIsRefused) {
  World world(6);
  {
    FakeJob job(world);
    job.open();
    job.close();
  }
  Options options = options_for_test();
  options.job = "invoices";
  world.disk().rename(layout().directory(), Layout(options.directory, options.job).directory());
  FakeJob other(world, options);
  const std::string message = refusal<UserError>(other);
  EXPECT_THAT(message, HasSubstr("'orders'"));
  EXPECT_THAT(message, HasSubstr("'invoices'"));
}

TEST(CheckpointDirectory, MayBeMovedToAnotherRoot) {
  World world(7);
  {
    FakeJob job(world);
    job.start();
    job.run_until_completed(1);
    job.close();
  }
  world.disk().rename("/checkpoints", "/elsewhere");
  Options options = options_for_test();
  options.directory = "/elsewhere";
  FakeJob again(world, options);
  EXPECT_EQ(Opened::Kind::kRestored, again.open().kind);
}

// ---- what the user asks for -------------------------------------------------------------------------------------

TEST(CheckpointDirectory, ThatHoldsSomethingIsRefusedWhenNoneIsDemanded) {
  World world(8);
  {
    FakeJob job(world);
    job.start();
    job.run_until_completed(1);
    job.close();
  }
  Options options = options_for_test();
  options.restore = RestoreMode::kNone;
  FakeJob again(world, options);
  EXPECT_THAT(refusal<UsageError>(again), HasSubstr("--weir.restore=none"));
}

TEST(CheckpointDirectory, IsNotRefusedToALaterAttemptWhenNoneIsDemanded) {
  World world(9);
  Options options = options_for_test();
  options.restore = RestoreMode::kNone;
  FakeJob job(world, options);
  job.start();
  job.run_until_completed(1);
  job.coordinator->end_attempt();
  EXPECT_EQ(Opened::Kind::kRestored, job.restore().kind);
}

TEST(CheckpointDirectory, OfAFinishedJobIsEmptiedWhenItIsToStartAnew) {
  World world(10);
  {
    FakeJob job(world);
    job.start();
    job.run_until_completed(2);
    job.coordinator->sources_exhausted(AttemptId(1));
    run_until(world, [&] { return job.finished; });
    job.close();
  }
  Options options = options_for_test();
  options.restart_finished = true;
  FakeJob again(world, options);
  EXPECT_EQ(Opened::Kind::kFresh, again.open().kind);
  EXPECT_THAT(names_in(world, layout().checkpoints()), IsEmpty());
  EXPECT_THAT(names_in(world, "/checkpoints"), ElementsAre(job_directory_name("orders")));
}

TEST(CheckpointDirectory, IsRemovedOnlyWhenItsOwnerSaysSo) {
  World world(11);
  FakeJob job(world);
  job.start();
  job.run_until_completed(1);
  job.close(Coordinator::Keep::kNo);
  EXPECT_THAT(names_in(world, "/checkpoints"), IsEmpty());
  world.lose_power();
  EXPECT_THAT(names_in(world, "/checkpoints"), IsEmpty());
}

// ---- retention --------------------------------------------------------------------------------------------------

TEST(CheckpointDirectory, RetainsAsManyCheckpointsAsItShould) {
  for (const std::uint32_t retained : {1U, 2U, 3U}) {
    World world(12);
    Options options = options_for_test();
    options.retained = retained;
    FakeJob job(world, options);
    job.start();
    job.run_until_completed(6);
    world.run_for(500ms);
    EXPECT_THAT(names_in(world, layout().checkpoints()), SizeIs(retained));
    EXPECT_THAT(names_in(world, layout().log()), SizeIs(retained));
    EXPECT_TRUE(world.disk().exists(layout().absolute("chk/1.6/MANIFEST")));
  }
}

TEST(CheckpointDirectory, LosesFilesThatNoRetainedCheckpointNames) {
  World world(13);
  FakeJob job(world);
  job.open();
  job.begin();
  std::vector<std::string> paths;
  const Store& store = *job.coordinator->store();
  for (std::uint64_t n = 1; n <= 4; ++n) {
    job.run_until_triggered(n);
    world.disk().write_file("/local/" + std::to_string(n), "rows of " + std::to_string(n));
    const StateWriter writer{job.coordinator->generation(), AttemptId(1), CheckpointId(n), NodeId(0), SubtaskIndex(0)};
    TaskSnapshot snapshot = job.source_snapshot(n);
    // The file of the first checkpoint is listed by all.
    std::vector<LocalFile> files{{"first", "/local/1"}};
    if (n > 1) files.push_back({"f" + std::to_string(n), "/local/" + std::to_string(n)});
    snapshot.operators[0].keyed =
        StateHandle{{0, 16},
                    {},
                    {},
                    store.put(writer, files, base_files(job.triggers.back().base.get(), "numbers", SubtaskIndex(0), 1)),
                    0};
    job.coordinator->acknowledge(AttemptId(1), CheckpointId(n), TaskIndex(0), SubtaskIndex(0), snapshot);
    job.acknowledge_sink(CheckpointId(n), 0);
    job.acknowledge_sink(CheckpointId(n), 1);
    job.run_until_completed(n);
  }
  world.run_for(500ms);
  EXPECT_THAT(names_in(world, layout().shared()), ElementsAre("1.1.1.0-0.0.sst", "1.1.3.0-0.1.sst", "1.1.4.0-0.1.sst"));
  ASSERT_TRUE(job.coordinator->statistics().last);
  EXPECT_EQ(18u, job.coordinator->statistics().last->state_bytes);
  EXPECT_EQ(9u, job.coordinator->statistics().last->new_bytes);
}

TEST(CheckpointDirectory, KeepsFilesOfACheckpointThatIsUnderWay) {
  World world(14);
  FakeJob job(world);
  job.start();
  job.run_until_completed(1);
  world.run_for(500ms);
  world.disk().write_file(layout().absolute("shared/1.1.2.0-0.0.sst"), "being written");
  world.disk().write_file(layout().absolute("shared/1.1.1.0-0.7.sst"), "left of one that is over");
  world.disk().write_file(layout().absolute("shared/7.1.1.0-0.0.sst"), "of a later generation");
  world.disk().write_file(layout().absolute("shared/notes.txt"), "not ours");
  job.coordinator->end_attempt();
  job.restore();
  job.begin(2);
  const auto shared = [&] { return names_in(world, layout().shared()); };
  EXPECT_THAT(shared(), SizeIs(4));
  job.run_until_completed(2);
  world.run_for(500ms);
  EXPECT_THAT(shared(), ElementsAre("7.1.1.0-0.0.sst", "notes.txt"));
}

TEST(CheckpointDirectory, IsSweptOfWhatAnEarlierProcessLeft) {
  World world(15);
  {
    FakeJob job(world);
    job.start();
    job.run_until_completed(1);
    world.kill_process();
  }
  world.start_process();
  world.disk().write_file(layout().absolute("chk/1.2/MANIFEST"), "never completed");
  world.disk().write_file(layout().absolute("shared/1.1.2.0-0.0.sst"), "never named");
  world.disk().write_file(layout().absolute("log/.new-1-0000000000000001"), "never linked");
  world.disk().write_file(layout().absolute("local/1.1/x/y"), "cache");
  FakeJob again(world);
  again.open();
  EXPECT_THAT(names_in(world, layout().checkpoints()), ElementsAre("1.1"));
  EXPECT_THAT(names_in(world, layout().shared()), IsEmpty());
  EXPECT_THAT(names_in(world, layout().local()), IsEmpty());
  EXPECT_FALSE(world.disk().exists(layout().absolute("log/.new-1-0000000000000001")));
}

TEST(CheckpointDirectory, IsNotSweptOfWhatALaterProcessHasThere) {
  World world(15);
  FakeJob job(world);
  world.disk().write_file(layout().absolute("local/0.7/cold"), "cache");
  world.disk().write_file(layout().absolute("local/9.1/cold"), "of one that took over while this one was held up");
  world.disk().write_file(layout().absolute("local/notes.txt"), "not ours");
  job.open();
  EXPECT_THAT(names_in(world, layout().local()), ElementsAre("9.1", "notes.txt"));
}

TEST(CheckpointDirectory, StillTakesIdsThatWereNeverUsed) {
  World world(16);
  {
    FakeJob job(world);
    job.start();
    job.run_until_completed(1);
    job.answers = false;
    job.run_until_triggered(2);
    world.kill_process();
  }
  world.start_process();
  world.disk().write_file(layout().absolute("shared/1.1.5.0-0.0.sst"), "of an aborted one");
  FakeJob again(world);
  again.start();
  again.run_until_triggered(1);
  EXPECT_EQ(CheckpointId(6), again.triggers[0].checkpoint);
}

// ---- damage -----------------------------------------------------------------------------------------------------

/// Two checkpoints, the newer one's manifest is damaged.
void leave_damaged(World& world) {
  {
    FakeJob job(world);
    job.start();
    job.run_until_completed(2);
    job.close();
  }
  const std::string path = layout().absolute("chk/1.2/MANIFEST");
  std::string bytes = world.disk().read_file(path);
  bytes[bytes.size() / 2] ^= 1;
  world.disk().write_file(path, bytes);
}

TEST(CheckpointDirectory, WithCheckpointsAndWithoutALogIsRefusedAndLeftAlone) {
  World world(17);
  {
    FakeJob job(world);
    job.start();
    job.run_until_completed(2);
    job.close();
  }
  for (const std::string& name : names_in(world, layout().log())) world.disk().remove(layout().log() + "/" + name);
  const std::vector<std::string> before = world.disk().list_recursive(layout().directory());
  {
    FakeJob again(world);
    EXPECT_THAT(refusal<CorruptionError>(again), HasSubstr("bring the log back"));
    again.close();
  }
  EXPECT_EQ(before, world.disk().list_recursive(layout().directory()));
  const InspectedJob seen = inspect_job(world, layout().directory(), Depth::kNames);
  ASSERT_THAT(seen.problems, SizeIs(1));
  EXPECT_THAT(seen.problems[0], HasSubstr("bring the log back"));
  EXPECT_THROW(collect_garbage(world, layout().directory(), "gc:9", Collect::kRemove), CorruptionError);
}

TEST(CheckpointDirectory, WithADamagedNewestCheckpointIsNotGoneBackInByItself) {
  World world(17);
  leave_damaged(world);
  std::string message;
  {
    FakeJob again(world);
    message = refusal<CorruptionError>(again);
  }
  EXPECT_THAT(message, HasSubstr("chk/1.2/MANIFEST"));
  EXPECT_THAT(message, HasSubstr("--weir.accept-duplicates"));
  // It did not take over either: the next process sees the same.
  FakeJob once_more(world);
  EXPECT_EQ(message, refusal<CorruptionError>(once_more));
}

TEST(CheckpointDirectory, WithADamagedNewestCheckpointIsGoneBackInWhenTheUserAcceptsDuplicates) {
  World world(18);
  leave_damaged(world);
  Options options = options_for_test();
  options.accept_duplicates = true;
  {
    FakeJob again(world, options);
    const Opened opened = again.open();
    ASSERT_EQ(Opened::Kind::kRestored, opened.kind);
    EXPECT_EQ(CheckpointId(1), opened.manifest->checkpoint);
    EXPECT_THAT(opened.warnings, SizeIs(2));
    again.answers = true;
    again.begin();
    again.run_until_triggered(1);
    EXPECT_EQ(CheckpointId(3), again.triggers[0].checkpoint) << "an id was used again";
    world.kill_process();
  }
  world.start_process();
  // What was given up once stays given up.
  FakeJob later(world);
  EXPECT_EQ(CheckpointId(1), later.open().manifest->checkpoint);
}

TEST(CheckpointDirectory, LearnsOfDamageThatAFetchFound) {
  World world(19);
  FakeJob job(world);
  job.open();
  job.begin();
  for (std::uint64_t n = 1; n <= 2; ++n) {
    job.run_until_triggered(n);
    const std::string local = "/local/" + std::to_string(n);
    world.disk().write_file(local, "rows of " + std::to_string(n));
    TaskSnapshot snapshot = job.source_snapshot(n);
    const StateWriter writer{GenerationId(1), AttemptId(1), CheckpointId(n), NodeId(0), SubtaskIndex(0)};
    snapshot.operators[0].keyed =
        StateHandle{{0, 16}, {}, {}, job.coordinator->store()->put(writer, {{local, local}}, {}), 0};
    job.coordinator->acknowledge(AttemptId(1), CheckpointId(n), TaskIndex(0), SubtaskIndex(0), snapshot);
    job.acknowledge_sink(CheckpointId(n), 0);
    job.acknowledge_sink(CheckpointId(n), 1);
    job.run_until_completed(n);
  }
  job.coordinator->end_attempt();
  job.coordinator->damaged("shared/1.1.2.0-0.0.sst", "shared/1.1.2.0-0.0.sst is damaged");
  try {
    job.restore();
    FAIL() << "went back behind delivered output";
  } catch (const CorruptionError& error) {
    EXPECT_THAT(error.what(), HasSubstr("shared/1.1.2.0-0.0.sst is damaged"));
  }
}

TEST(CheckpointDirectory, WithADamagedLogEntryIsRefused) {
  World world(20);
  {
    FakeJob job(world);
    job.start();
    job.run_until_completed(1);
    job.close();
  }
  const std::string path = layout().log_entry(2);
  std::string bytes = world.disk().read_file(path);
  bytes.back() ^= 1;
  world.disk().write_file(path, bytes);
  FakeJob again(world);
  EXPECT_THAT(refusal<CorruptionError>(again), HasSubstr(path));
}

TEST(CheckpointDirectory, WithALogEntryInTheWrongPlaceIsRefused) {
  World world(21);
  {
    FakeJob job(world);
    job.open();
    job.close();
  }
  world.disk().write_file(layout().log_entry(5), world.disk().read_file(layout().log_entry(1)));
  FakeJob again(world);
  EXPECT_THAT(refusal<CorruptionError>(again), HasSubstr("log/5"));
}

TEST(CheckpointDirectory, WithoutTheCheckpointsThatItsLogSpeaksOfIsRefused) {
  World world(22);
  for (int process = 0; process < 2; ++process) {
    FakeJob job(world);
    job.start();
    if (process == 0) job.run_until_completed(1);
    job.close();
  }
  world.disk().erase(layout().log_entry(2));  // Completed 1.1, which entry 3 went on from
  FakeJob again(world);
  EXPECT_THAT(refusal<CorruptionError>(again), HasSubstr("checkpoints are missing"));
}

// ---- disks that fail --------------------------------------------------------------------------------------------

TEST(CheckpointDirectory, OnAFullDiskFailsACheckpointAndTakesTheNextWhenThereIsRoom) {
  World world(23);
  FakeJob job(world);
  job.start();
  job.run_until_completed(1);
  world.run_for(100ms);
  world.disk().set_capacity(world.disk().used() + 10);
  job.run_until_aborted(2);
  EXPECT_EQ("", job.failure);
  EXPECT_EQ(1u, job.completed.size());
  EXPECT_THAT(job.coordinator->statistics().last_failure, HasSubstr("No space left"));
  world.disk().set_capacity(std::uint64_t{1} << 40);
  job.run_until_completed(2);
  EXPECT_EQ(CheckpointId(4), job.completed[1]->checkpoint);
}

TEST(CheckpointDirectory, AbandonsAManifestWhoseSyncFailed) {
  World world(24);
  FakeJob job(world);
  job.start();
  job.run_until_completed(1);
  world.disk().inject({.path = "*/chk/*", .operations = {DiskOperation::kSync}, .times = 1});
  job.run_until_aborted(1);
  EXPECT_FALSE(world.disk().exists(layout().absolute("chk/1.2/MANIFEST"))) << "it was published all the same";
  job.run_until_completed(2);
  EXPECT_EQ(CheckpointId(3), job.completed[1]->checkpoint);
  world.lose_power();
  world.start_process();
  FakeJob again(world);
  EXPECT_EQ(CheckpointId(3), again.open().manifest->checkpoint);
}

TEST(CheckpointDirectory, GoesOnAfterAnyOneFailureOfTheDisk) {
  for (const DiskOperation operation :
       {DiskOperation::kCreate, DiskOperation::kWrite, DiskOperation::kSync, DiskOperation::kLink, DiskOperation::kList,
        DiskOperation::kMakeDirectories, DiskOperation::kRemove, DiskOperation::kSyncDirectory, DiskOperation::kOpen,
        DiskOperation::kRead})
    for (const std::string path : {"*/log*", "*/chk*"})
      for (std::uint64_t seed = 0; seed < 4; ++seed) {
        SCOPED_TRACE(path + " " + std::to_string(static_cast<int>(operation)) + " " + std::to_string(seed));
        World world(seed);
        std::optional<CheckpointId> promised;
        {
          FakeJob job(world);
          job.start();
          job.run_until_completed(2);
          world.run_for(500ms);
          world.disk().inject({.path = path, .operations = {operation}, .times = seed + 1});
          world.run_for(1s);
          job.run_until_completed(4);
          ASSERT_EQ("", job.failure);
          promised = job.completed.back()->checkpoint;
          world.disk().heal_all();
          world.lose_power();
        }
        world.start_process();
        FakeJob again(world);
        EXPECT_EQ(*promised, again.open().manifest->checkpoint);
      }
}

/// Nobody can tell whether the second checkpoint is completed: its entry is there, and the directory was not synced.
void leave_uncertain(World& world, FakeJob& job) {
  job.start();
  job.run_until_completed(1);
  world.run_for(500ms);
  world.disk().inject({.path = "*/log", .operations = {DiskOperation::kSyncDirectory}, .times = 1});
  job.run_until_aborted(1);
}

TEST(CheckpointDirectory, DeliversNothingOfACheckpointWhoseCompletionIsUncertain) {
  World world(25);
  FakeJob job(world);
  job.staged = {{{CheckpointId(1), SubtaskIndex(0), "a"}}, {}};
  leave_uncertain(world, job);
  EXPECT_EQ(1u, job.completed.size());
  EXPECT_THAT(job.aborted[0].second, HasSubstr("is not known"));
  job.run_until_completed(2);
  EXPECT_EQ(CheckpointId(3), job.completed[1]->checkpoint);
}

TEST(CheckpointDirectory, CompletesAnUncertainCheckpointBeforeAnAttemptStartsAgain) {
  World world(26);
  FakeJob job(world);
  leave_uncertain(world, job);
  job.coordinator->end_attempt();
  EXPECT_EQ(CheckpointId(2), job.restore().manifest->checkpoint)
      << "the next process could find it, so that this one must go on from it, too";
  world.lose_power();
  world.start_process();
  FakeJob again(world);
  EXPECT_EQ(CheckpointId(2), again.open().manifest->checkpoint);
}

TEST(CheckpointDirectory, WithAnUncertainCheckpointIsWholeAfterPowerLossEitherWay) {
  std::map<std::uint64_t, int> found;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    World world(seed);
    {
      FakeJob job(world);
      leave_uncertain(world, job);
      world.lose_power();
    }
    world.start_process();
    FakeJob again(world);
    ++found[again.open().manifest->checkpoint.value()];
    again.answers = true;
    again.begin();
    again.run_until_completed(2);
  }
  EXPECT_THAT(found, ElementsAre(::testing::Key(1), ::testing::Key(2)));
}

TEST(CheckpointDirectory, SaysWhenOldFilesCannotBeRemoved) {
  World world(27);
  FakeJob job(world);
  job.start();
  job.run_until_completed(2);
  world.run_for(500ms);
  world.disk().inject({.path = "*/chk/1.1", .operations = {DiskOperation::kRemove}, .times = 2});
  run_until(world, [&] { return !job.warnings.empty(); });
  EXPECT_THAT(job.warnings[0], HasSubstr("stay where they are"));
  EXPECT_GE(job.coordinator->statistics().failed_clean_ups, 1u);
  EXPECT_EQ("", job.failure);
}

// ---- processes that die -----------------------------------------------------------------------------------------

/// A job that takes checkpoints, is told that its input has ended, and finishes; several processes of it, if need be.
/// Returns what any of them was promised last.
struct Life {
  CheckpointId promised{0};
  std::vector<CheckpointId> restored;
  bool finished = false;

  void live(World& world, std::size_t checkpoints) {
    FakeJob job(world);
    job.answers = true;
    job.delivers = true;
    try {
      const Opened opened = job.open();
      const CheckpointId from = opened.manifest == nullptr ? CheckpointId(0) : opened.manifest->checkpoint;
      if (opened.kind != Opened::Kind::kFinished) {
        restored.push_back(from);
        ASSERT_GE(from, promised) << "a completed checkpoint is lost";
      }
      if (opened.kind == Opened::Kind::kFinished) {
        finished = true;
        return;
      }
      ASSERT_FALSE(finished) << "a finished job ran again";
      if (opened.kind == Opened::Kind::kDrained) {
        job.coordinator->delivered(from);
      } else {
        job.begin();
        run_until(world, [&] { return keep_promise(job), job.completed.size() >= checkpoints; });
        job.coordinator->sources_exhausted(AttemptId(1));
      }
      run_until(world, [&] { return keep_promise(job), job.finished; });
      finished = true;
      job.close();
    } catch (const sim::Killed&) {
      keep_promise(job);
      world.kill_process();
    }
  }

  void keep_promise(const FakeJob& job) {
    if (job.finished) finished = true;
    if (!job.completed.empty()) promised = std::max(promised, job.completed.back()->checkpoint);
  }
};

/// A process that is killed after its second checkpoint, and as many more as it takes to finish.
void live_to_the_end(World& world, Life& life, bool power_loss) {
  world.arm("checkpoint: notify sent", 2);
  for (int process = 0; process < 5 && !life.finished; ++process) {
    life.live(world, 3);
    if (world.process_alive() || ::testing::Test::HasFailure()) continue;
    if (power_loss) world.lose_power();
    world.start_process();
  }
}

TEST(CheckpointDirectory, KeepsEveryPromiseWhereverAProcessDies) {
  World reference(28);
  Life whole;
  live_to_the_end(reference, whole, false);
  ASSERT_TRUE(whole.finished);
  EXPECT_EQ(20u, reference.crash_points_hit().size()) << "all that a coordinator has by itself";
  for (const auto& [point, hits] : reference.crash_points_hit())
    for (std::uint64_t nth = 1; nth <= hits; ++nth)
      for (const sim::Side side : {sim::Side::kBefore, sim::Side::kAfter})
        for (const bool power_loss : {false, true}) {
          SCOPED_TRACE(point + " " + std::to_string(nth) + (side == sim::Side::kBefore ? " before" : " after") +
                       (power_loss ? ", power loss" : ""));
          World world(28 + nth);
          world.arm(point, nth, side);
          Life life;
          live_to_the_end(world, life, power_loss);
          EXPECT_TRUE(life.finished);
          EXPECT_EQ(0u, world.misplaced_file_calls());
          if (::testing::Test::HasFailure()) return;
        }
}

TEST(CheckpointDirectory, OutlivesFiftyDeathsInARow) {
  const std::vector<std::string> points = {"restore: log read",           "restore: takeover written",
                                           "restore: takeover linked",    "checkpoint: id allocated",
                                           "checkpoint: trigger sent",    "checkpoint: ack received",
                                           "checkpoint: last ack",        "checkpoint: manifest written",
                                           "checkpoint: manifest linked", "checkpoint: completed written",
                                           "checkpoint: completed linked"};
  World world(29);
  Life life;
  for (std::size_t death = 0; death < 50; ++death) {
    world.arm(points[death % points.size()]);
    life.live(world, 1);
    ASSERT_FALSE(world.process_alive()) << "death " << death;
    if (death % 2 == 0) world.lose_power();
    world.start_process();
    if (::testing::Test::HasFailure()) return;
  }
  life.live(world, 1);
  EXPECT_TRUE(life.finished);
  EXPECT_GT(life.restored.back(), CheckpointId(0));
  EXPECT_THAT(names_in(world, layout().checkpoints()), SizeIs(::testing::Le(2u))) << "files pile up";
}

}  // namespace
}  // namespace weir::checkpoint
