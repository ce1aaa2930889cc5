#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/connectors/files/files.h"
#include "weir/connectors/files/staged_part.h"
#include "weir/core/error.h"

#include "sink_task.h"
#include "source_task.h"
#include "watched_host.h"

// The file sink of a job with checkpoints.

namespace weir::connectors {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

FilesOptions into(std::string directory, std::uint64_t max_bytes = 1024) {
  FilesOptions options;
  options.directory = std::move(directory);
  options.max_bytes = max_bytes;
  return options;
}

std::vector<std::string> visible(sim::World& world) {
  std::vector<std::string> paths;
  for (const std::string& path : world.disk().list_recursive("/out"))
    if (!path.starts_with("/out/.weir/")) paths.push_back(path);
  return paths;
}

std::vector<std::string> staged_files(sim::World& world) { return world.disk().list_recursive("/out/.weir"); }

std::vector<std::uint64_t> checkpoints_of(const StagedOutputs& outputs) {
  std::vector<std::uint64_t> checkpoints;
  for (const StagedOutput& output : outputs) checkpoints.push_back(output.checkpoint.value());
  return checkpoints;
}

std::vector<std::string> finals_of(const StagedOutputs& outputs) {
  std::vector<std::string> finals;
  for (const StagedOutput& output : outputs) finals.push_back(from_handle(output.handle).final);
  return finals;
}

/// A sink and one of its tasks, in a job with checkpoints.
struct Fixture {
  explicit Fixture(FilesOptions options = into("/out"), std::uint64_t seed = 1, std::uint32_t subtask = 0)
      : world(seed), sink(files<std::string>(std::move(options))) {
    sink->prepare(world, true);
    task.emplace(world, sink, subtask, subtask + 1, nullptr, Checkpoints::kYes);
  }

  /// The task fails and another takes its place.
  void restart(const StagedOutputs& keep, const SavedValues& values) {
    task.reset();
    sink->recover(world, keep);
    sink->deliver(world, keep);
    task.emplace(world, sink, 0, 1, nullptr, Checkpoints::kYes);
    task->writer().restore(values);
  }

  sim::World world;
  std::shared_ptr<const Sink> sink;
  std::optional<SinkTask<std::string>> task;
};

TEST(FileSinkWithCheckpoints, StagesWhatCameBeforeABarrierAndNothingThatCameAfter) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Fixture f(into("/out"), seed, 2);
    f.task->write({"a", "b"});
    f.task->barrier(5);
    f.task->write({"c"});
    const StagedOutputs staged = f.task->staged();
    ASSERT_THAT(staged, SizeIs(1));
    EXPECT_EQ(staged.front().checkpoint, CheckpointId(5));
    EXPECT_EQ(staged.front().subtask, SubtaskIndex(2));
    EXPECT_THAT(visible(f.world), IsEmpty());
    f.sink->deliver(f.world, staged);
    EXPECT_THAT(visible(f.world), ElementsAre("/out/part-3-1"));
    EXPECT_EQ(f.world.disk().read_file("/out/part-3-1"), "a\nb\n");
    f.task->barrier(6);
    f.task->writer().completed(CheckpointId(5));
    f.sink->deliver(f.world, f.task->staged());
    EXPECT_EQ(f.world.disk().read_file("/out/part-3-2"), "c\n");
    EXPECT_EQ(f.world.misplaced_file_calls(), 0);
  }
}

TEST(FileSinkWithCheckpoints, TakesRecordsWhileItStages) {
  Fixture f;
  sim::DiskFault slow;
  slow.kind = sim::DiskFault::Kind::kSlow;
  slow.latency = 10s;
  f.world.disk().inject(slow);
  f.task->write({"a"});
  f.task->barrier(1);
  for (int i = 0; i < 10; ++i) f.task->write({"b"});
  f.world.run_for(1s);
  EXPECT_TRUE(f.task->done());
  EXPECT_FALSE(f.task->writer().staged().has_value());
  EXPECT_THAT(f.task->staged(), SizeIs(1));
}

TEST(FileSinkWithCheckpoints, StagesUnderAStreamOfRecordsThatNeverStops) {
  Fixture f(into("/out", 4));
  f.task->write({"abc"});
  f.task->barrier(1);
  bool staged = false;
  for (int i = 0; i < 1000 && !staged; ++i) {
    f.task->write({"abc"});
    f.task->run();
    staged = f.task->writer().staged().has_value();
    f.world.run_one();
  }
  EXPECT_TRUE(staged);
}

TEST(FileSinkWithCheckpoints, KeepsPartsThatWereFullBeforeABarrierForItAndThoseAfterItForTheNext) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Fixture f(into("/out", 4), seed);
    f.task->write({"abc", "def"});
    f.task->write({"g"});
    f.task->barrier(1);
    f.task->write({"hij", "k"});
    EXPECT_THAT(finals_of(f.task->staged()), ElementsAre("part-1-1", "part-1-2", "part-1-3"));
    f.task->barrier(2);
    f.task->writer().completed(CheckpointId(1));
    EXPECT_THAT(finals_of(f.task->staged()), ElementsAre("part-1-4", "part-1-5"));
  }
}

TEST(FileSinkWithCheckpoints, TellsTheSizesOfItsParts) {
  Fixture f(into("/out", 4));
  f.task->write({"abc", "def"});
  f.task->write({"g"});
  f.task->barrier(1);
  for (const StagedOutput& output : f.task->staged()) {
    const StagedPart part = from_handle(output.handle);
    EXPECT_EQ(part.size, f.world.disk().read_file("/out/" + part.staged).size()) << part.staged;
  }
}

TEST(FileSinkWithCheckpoints, KeepsPartsThatWereOldEnoughBeforeABarrierForIt) {
  FilesOptions options = into("/out");
  options.roll_interval = 10s;
  Fixture f(options);
  f.task->write({"a"});
  f.world.run_for(11s);
  EXPECT_THAT(staged_files(f.world), SizeIs(1));
  EXPECT_THAT(f.task->staged(), IsEmpty()) << "no barrier came";
  f.task->write({"b"});
  f.task->barrier(1);
  EXPECT_THAT(finals_of(f.task->staged()), ElementsAre("part-1-1", "part-1-2"));
}

TEST(FileSinkWithCheckpoints, TellsItsOutputAgainUntilACheckpointWithItIsCompleted) {
  Fixture f;
  for (std::uint64_t n = 1; n <= 3; ++n) {
    f.task->write({"a"});
    f.task->barrier(n);
    f.task->staged();
  }
  EXPECT_THAT(checkpoints_of(f.task->staged()), ElementsAre(1, 2, 3));
  f.task->writer().completed(CheckpointId(2));
  EXPECT_THAT(checkpoints_of(f.task->staged()), ElementsAre(3));
  f.task->writer().completed(CheckpointId(1));
  EXPECT_THAT(checkpoints_of(f.task->staged()), ElementsAre(3)) << "late news change nothing";
}

TEST(FileSinkWithCheckpoints, StagesNothingForABarrierWithoutRecords) {
  Fixture f;
  f.task->barrier(1);
  EXPECT_THAT(f.task->staged(), IsEmpty());
  f.task->write({"a"});
  f.task->barrier(2);
  f.task->barrier(3);
  EXPECT_THAT(checkpoints_of(f.task->staged()), ElementsAre(2));
  EXPECT_THAT(staged_files(f.world), SizeIs(1));
}

TEST(FileSinkWithCheckpoints, CountsItsPartsOnInALaterAttempt) {
  Fixture f(into("/out", 4));
  f.task->write({"abc", "de"});
  f.task->run();
  SavedValues before;
  f.task->writer().save(before);
  f.task->barrier(1);
  f.task->run();
  SavedValues after;
  f.task->writer().save(after);
  EXPECT_EQ(before, after);
  const StagedOutputs staged = f.task->staged();
  f.task->write({"lost"});
  f.task->barrier(2);
  f.task->staged();

  f.restart(staged, after);
  f.task->write({"fgh"});
  f.task->barrier(3);
  EXPECT_THAT(finals_of(f.task->staged()), ElementsAre("part-1-3"));
  f.sink->deliver(f.world, f.task->staged());
  EXPECT_THAT(visible(f.world), ElementsAre("/out/part-1-1", "/out/part-1-2", "/out/part-1-3"));
  EXPECT_EQ(f.world.disk().read_file("/out/part-1-3"), "fgh\n");
  EXPECT_THAT(staged_files(f.world), IsEmpty());
}

TEST(FileSinkWithCheckpoints, CountsItsPartsOnBehindThoseOfAllSubtasksAtAnotherParallelism) {
  Fixture f;
  std::vector<SavedValues> before(3);
  for (std::size_t i = 0; i < before.size(); ++i) before[i].put("next part", std::vector<std::uint64_t>{4, 9, 2}[i]);
  EXPECT_TRUE(f.task->writer().restore_rescaled(before));
  f.task->write({"x"});
  f.task->barrier(1);
  EXPECT_THAT(finals_of(f.task->staged()), ElementsAre("part-1-9"));
}

TEST(FileSinkWithCheckpoints, DeliversNothingBeforeACheckpointEvenIfToldToDeliverWhatIsRolled) {
  FilesOptions options = into("/out", 4);
  options.deliver_when_rolled = true;
  Fixture f(options);
  f.task->write({"abc", "def"});
  f.task->run();
  f.world.run_for(1s);
  EXPECT_THAT(visible(f.world), IsEmpty());
  f.task->barrier(1);
  f.sink->deliver(f.world, f.task->staged());
  EXPECT_THAT(visible(f.world), ElementsAre("/out/part-1-1", "/out/part-1-2"));
}

TEST(FileSinkWithCheckpoints, PromisesExactlyOnce) {
  EXPECT_EQ(files<int>(into("/out"))->guarantee(), Guarantee::kExactlyOnce);
}

TEST(FileSinkWithCheckpoints, RemovesItsFolderAtTheEndAndNotBefore) {
  Fixture f;
  f.task->write({"a"});
  f.task->barrier(1);
  f.sink->deliver(f.world, f.task->staged());
  EXPECT_TRUE(f.world.disk().exists("/out/.weir"));
  f.sink->finish(f.world);
  EXPECT_FALSE(f.world.disk().exists("/out/.weir"));
}

TEST(FileSinkWithCheckpoints, RemovesAtTheEndWhatAnOvertakenProcessStagedAndNothingElse) {
  Fixture f;
  f.task->write({"a"});
  f.task->barrier(1);
  f.sink->deliver(f.world, f.task->staged());
  // Staged by a process that did not know yet that another goes on: no checkpoint of this one lists it.
  f.world.disk().write_file("/out/.weir/part-1-2.00000000000000ff", "late");
  f.world.disk().write_file("/out/.weir/other-1-2.00000000000000ff", "another sink's");
  f.sink->finish(f.world);
  EXPECT_THAT(f.world.disk().list_recursive("/out"),
              ElementsAre("/out/.weir/other-1-2.00000000000000ff", "/out/part-1-1"));
}

// Recovering.

TEST(FileSinkRecovery, RemovesWhatItHadStagedAndDoesNotKeepAndNothingElse) {
  Fixture f;
  f.task->write({"a"});
  f.task->barrier(1);
  f.sink->deliver(f.world, f.task->staged());
  f.task->writer().completed(CheckpointId(1));
  f.task->write({"b"});
  f.task->barrier(2);
  const StagedOutputs keep = f.task->staged();
  f.task->write({"c"});
  f.task->barrier(3);
  ASSERT_THAT(f.task->staged(), SizeIs(2));
  const std::vector<std::string> foreign = {"/out/.weir/note", "/out/.weir/other-1-1.00000000000000ff",
                                            "/out/.weir/part-1-1", "/out/report"};
  for (const std::string& path : foreign) f.world.disk().write_file(path, "mine");
  f.sink->recover(f.world, keep);
  std::vector<std::string> expected = foreign;
  expected.push_back("/out/part-1-1");
  expected.push_back("/out/" + from_handle(keep.front().handle).staged);
  EXPECT_THAT(f.world.disk().list_recursive("/out"), testing::UnorderedElementsAreArray(expected));
}

TEST(FileSinkRecovery, MakesTheDirectoriesThatAreMissing) {
  sim::World world(1);
  files<int>(into("/out"))->recover(world, {});
  world.lose_power();
  EXPECT_TRUE(world.disk().exists("/out/.weir"));
  world.start_process();
}

TEST(FileSinkRecovery, RefusesHandlesOfSomethingElse) {
  sim::World world(1);
  const StagedOutputs foreign = {{CheckpointId(1), SubtaskIndex(0), "17"}};
  const auto sink = files<int>(into("/out"));
  EXPECT_THAT(message_of<CorruptionError>([&] { sink->recover(world, foreign); }), HasSubstr("'17'"));
  EXPECT_THAT(message_of<CorruptionError>([&] { sink->deliver(world, foreign); }), HasSubstr("'17'"));
}

TEST(FileSinkRecovery, IsNotDisturbedByAWriterThatWasDroppedInTheMiddleOfIt) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Fixture f(into("/out"), seed);
    f.task->write({"a"});
    f.task->barrier(1);
    const StagedOutputs keep = f.task->staged();
    SavedValues values;
    f.task->writer().save(values);
    f.task->write({"lost"});
    f.task->barrier(2);
    while (f.task->step() == StepResult::kMore) {
    }
    f.restart(keep, values);
    f.task->write({"b"});
    f.task->barrier(3);
    f.sink->deliver(f.world, f.task->staged());
    f.world.run_for(1s);
    f.sink->finish(f.world);
    EXPECT_THAT(f.world.disk().list_recursive("/out"), ElementsAre("/out/part-1-1", "/out/part-1-2"));
    EXPECT_EQ(f.world.disk().read_file("/out/part-1-2"), "b\n");
  }
}

// Before the first checkpoint.

TEST(FileSinkPreparation, TakesOverADirectoryThatAnEarlierProcessOfTheJobPreparedAndLeft) {
  Fixture f;
  f.task->write({"lost"});
  f.task->barrier(1);
  f.task->staged();
  f.world.kill_process();
  f.task.reset();
  f.world.start_process();
  f.sink->prepare(f.world, false);
  EXPECT_THAT(f.world.disk().list_recursive("/out"), IsEmpty());
}

TEST(FileSinkPreparation, RefusesADirectoryThatIsNotEmptyAlsoWhenAnEarlierProcessDidNotComeToPrepareIt) {
  sim::World world(1);
  world.disk().write_file("/out/mine", "x");
  const auto sink = files<int>(into("/out"));
  EXPECT_THAT(message_of<UserError>([&] { sink->prepare(world, false); }), HasSubstr("it holds 'mine'"));
}

// What goes wrong.

class FailingStaging : public testing::TestWithParam<sim::DiskOperation> {};

TEST_P(FailingStaging, EndsTheWriterWithThePathAndIsRetriedByALaterAttemptOnly) {
  Fixture f;
  f.task->write({"a"});
  f.task->barrier(1);
  const StagedOutputs keep = f.task->staged();
  SavedValues values;
  f.task->writer().save(values);

  sim::DiskFault fault;
  fault.operations = {GetParam()};
  fault.times = 1;
  f.world.disk().inject(fault);
  f.task->write({"b"});
  f.task->barrier(2);
  try {
    f.task->staged();
    FAIL() << "what failed cannot be staged";
  } catch (const ExternalError& e) {
    EXPECT_THAT(e.what(), HasSubstr("/out/.weir"));
    EXPECT_EQ(e.retry(), Retry::kYes);
  }
  // The disk is well again, but the bytes may be gone.
  f.task->write({"c"});
  f.task->barrier(3);
  EXPECT_THROW(f.task->staged(), ExternalError);

  f.restart(keep, values);
  f.task->write({"b", "c"});
  f.task->barrier(4);
  f.sink->deliver(f.world, f.task->staged());
  EXPECT_EQ(f.world.disk().read_file("/out/part-1-1"), "a\n");
  EXPECT_EQ(f.world.disk().read_file("/out/part-1-2"), "b\nc\n");
  EXPECT_THAT(staged_files(f.world), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Operations, FailingStaging,
                         testing::Values(sim::DiskOperation::kCreate, sim::DiskOperation::kWrite,
                                         sim::DiskOperation::kSync, sim::DiskOperation::kSyncDirectory));

TEST(FileSinkWithCheckpoints, NamesThePathWhenTheDiskIsFull) {
  Fixture f;
  f.world.disk().set_capacity(100);
  f.task->write({std::string(1000, 'x')});
  f.task->barrier(1);
  EXPECT_THAT(message_of<ExternalError>([&] { f.task->staged(); }),
              AllOf(HasSubstr("/out/.weir/"), HasSubstr("No space")));
}

// Deaths, and a reader who looks all the time.

/// A job that counts, with one task of a file sink and checkpoints that are kept safe elsewhere. A reader sees, at
/// every crash point and in between: the numbers from 0 on, none twice, none missing, and never fewer than were
/// delivered.
class CountingJob {
 public:
  CountingJob(sim::World& world, int records)
      : world_(world),
        records_(records),
        host_(world, [this] { look(); }),
        sink_(files<std::string>(into("/out", 10))) {}

  /// Begins, or goes on from the last completed checkpoint, until it ends. Errors: Killed; ExternalError.
  void run() {
    if (completed_) {
      sink_->recover(host_, completed_->staged);
    } else {
      sink_->prepare(host_, first_);
      first_ = false;
    }
    task_.emplace(world_, sink_, 0, 1, &host_, Checkpoints::kYes);
    next_ = 0;
    if (completed_) {
      deliver();
      task_->writer().restore(completed_->values);
      next_ = completed_->next;
    }
    while (next_ < records_ || completed_->next < records_) {
      write(5);
      take_checkpoint();
    }
    sink_->finish(host_);
  }

  /// The process is dead, or its attempt failed.
  void drop() { task_.reset(); }

  bool shows_all() { return numbers_shown() == records_; }

 private:
  struct Completed {
    StagedOutputs staged;
    SavedValues values;
    int next;
  };

  void write(int count) {
    for (int i = 0; i < count && next_ < records_; ++i) task_->write({std::to_string(next_++)});
  }

  void take_checkpoint() {
    const CheckpointId id(++last_checkpoint_);
    task_->barrier(id.value());
    task_->run();
    Completed checkpoint;
    checkpoint.next = next_;
    task_->writer().save(checkpoint.values);
    write(3);
    checkpoint.staged = task_->staged();
    look();
    const bool aborted = id.value() % 3 == 0 && next_ < records_;
    if (aborted) return;
    completed_ = checkpoint;
    deliver();
    task_->writer().completed(id);
  }

  void deliver() {
    sink_->deliver(host_, completed_->staged);
    delivered_ = completed_->next;
    look();
  }

  void look() { EXPECT_GE(numbers_shown(), delivered_); }

  int numbers_shown() {
    int next = 0;
    for (int part = 1; world_.disk().exists(fmt::format("/out/part-1-{}", part)); ++part) {
      std::istringstream lines(world_.disk().read_file(fmt::format("/out/part-1-{}", part)));
      for (std::string line; std::getline(lines, line); ++next) EXPECT_EQ(line, std::to_string(next));
    }
    return next;
  }

  sim::World& world_;
  const int records_;
  WatchedHost host_;
  std::shared_ptr<const Sink> sink_;
  std::optional<SinkTask<std::string>> task_;
  int next_ = 0;
  bool first_ = true;

  // Kept safe.
  std::optional<Completed> completed_;
  std::uint64_t last_checkpoint_ = 0;
  int delivered_ = 0;
};

enum class Death : std::uint8_t { kProcess, kPower };

class FileSinkDeath : public testing::TestWithParam<std::tuple<std::string, sim::Side, Death>> {};

TEST_P(FileSinkDeath, LosesAndDoublesNothingWheneverItComes) {
  const auto& [point, side, death] = GetParam();
  int deaths = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    for (std::uint64_t nth = 1; nth <= 12; ++nth) {
      SCOPED_TRACE(fmt::format("seed {}, hit {}", seed, nth));
      sim::World world(seed);
      CountingJob job(world, 40);
      // The second death often hits what the first one made necessary.
      for (const std::uint64_t hit : {nth, std::uint64_t{1}, std::uint64_t{0}}) {
        world.disarm();
        if (hit > 0) world.arm(point, hit, side);
        try {
          job.run();
          break;
        } catch (const sim::Killed&) {
          ++deaths;
          death == Death::kPower ? world.lose_power() : world.kill_process();
          job.drop();
          world.start_process();
        }
      }
      world.disarm();
      job.run();
      job.drop();
      ASSERT_TRUE(job.shows_all());
      ASSERT_FALSE(world.disk().exists("/out/.weir"));
      ASSERT_EQ(world.disk().open_files(), 0U);
    }
  }
  EXPECT_GT(deaths, 3) << "'" << point << "' is hardly ever passed";
}

INSTANTIATE_TEST_SUITE_P(Everywhere, FileSinkDeath,
                         testing::Combine(testing::Values("file sink: append", "file sink: sync part",
                                                          "file sink: sync staged names", "checkpoint: output sealed",
                                                          "file sink: deliver", "file sink: sync delivered names",
                                                          "file sink: delivered"),
                                          testing::Values(sim::Side::kBefore, sim::Side::kAfter),
                                          testing::Values(Death::kProcess, Death::kPower)));

TEST(FileSinkDeaths, InTheMiddleOfRecoveryLosesAndDoublesNothing) {
  for (const Death death : {Death::kProcess, Death::kPower}) {
    for (std::uint64_t nth = 2; nth <= 7; ++nth) {
      SCOPED_TRACE(nth);
      sim::World world(nth);
      CountingJob job(world, 60);
      int deaths = 0;
      const auto run = [&](const std::string& point, std::uint64_t hit) {
        world.disarm();
        world.arm(point, hit);
        try {
          job.run();
        } catch (const sim::Killed&) {
          ++deaths;
          death == Death::kPower ? world.lose_power() : world.kill_process();
          job.drop();
          world.start_process();
        }
      };
      run("checkpoint: output sealed", nth);
      for (int again = 0; again < 3; ++again) run("file sink: remove staged", 1);
      for (int again = 0; again < 3; ++again) run("file sink: deliver", 1);
      world.disarm();
      job.run();
      job.drop();
      ASSERT_TRUE(job.shows_all());
      ASSERT_GT(deaths, 1);
    }
  }
}

TEST(FileSinkFaults, OfAnyKindNowAndThenLoseAndDoubleNothing) {
  int failures = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    CountingJob job(world, 60);
    sim::DiskFault fault;
    fault.kind = seed % 2 == 0 ? sim::DiskFault::Kind::kIoError : sim::DiskFault::Kind::kNoSpace;
    fault.path = "/out*";
    fault.probability = 0.03;
    fault.times = 8;
    world.disk().inject(fault);
    bool ended = false;
    for (int attempt = 0; attempt < 12 && !ended; ++attempt) {
      try {
        job.run();
        ended = true;
      } catch (const ExternalError& e) {
        ++failures;
        ASSERT_EQ(e.retry(), Retry::kYes) << e.what();
      }
      job.drop();
    }
    ASSERT_TRUE(ended);
    ASSERT_TRUE(job.shows_all());
    world.run_for(1s);
    ASSERT_EQ(world.disk().open_files(), 0U);
  }
  EXPECT_GT(failures, 200);
}

}  // namespace
}  // namespace weir::connectors
