#include "weir/connectors/files/files.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

#include "sink_task.h"
#include "source_task.h"

namespace weir::connectors {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

FilesOptions into(std::string directory) {
  FilesOptions options;
  options.directory = std::move(directory);
  return options;
}

/// A sink prepared for the first attempt of a job.
std::shared_ptr<const Sink> prepared(sim::World& world, FilesOptions options) {
  const auto sink = files<std::string>(std::move(options));
  sink->prepare(world, true);
  return sink;
}

/// What of /out a reader can see.
std::vector<std::string> visible(sim::World& world) {
  std::vector<std::string> paths;
  for (const std::string& path : world.disk().list_recursive("/out"))
    if (!path.starts_with("/out/.weir/")) paths.push_back(path);
  return paths;
}

std::vector<std::string> staged(sim::World& world) { return world.disk().list_recursive("/out/.weir"); }

TEST(FileSink, ShowsOnePartForEachSubtaskWithALineForEachRecord) {
  sim::World world(1);
  const auto sink = prepared(world, into("/out"));
  SinkTask<std::string> first(world, sink, 0, 2);
  SinkTask<std::string> second(world, sink, 1, 2);
  first.write({"a", "b"});
  first.write({"c"});
  second.write({"d"});
  for (auto* task : {&first, &second}) {
    task->barrier(0);
    sink->deliver(world, task->staged());
  }
  sink->finish(world);
  EXPECT_THAT(world.disk().list_recursive("/out"), ElementsAre("/out/part-1-1", "/out/part-2-1"));
  EXPECT_EQ(world.disk().read_file("/out/part-1-1"), "a\nb\nc\n");
  EXPECT_EQ(world.disk().read_file("/out/part-2-1"), "d\n");
  EXPECT_FALSE(world.disk().exists("/out/.weir"));
}

TEST(FileSink, ShowsNothingBeforeItDelivers) {
  sim::World world(1);
  FilesOptions options = into("/out");
  options.max_bytes = 10;
  SinkTask<std::string> task(world, prepared(world, options));
  for (int i = 0; i < 10; ++i) task.write({"some text"});
  task.barrier(0);
  EXPECT_THAT(task.staged(), SizeIs(10));
  EXPECT_THAT(visible(world), IsEmpty());
  EXPECT_THAT(staged(world), SizeIs(10));
}

TEST(FileSink, MakesNoPartWithoutRecords) {
  sim::World world(1);
  SinkTask<std::string> task(world, prepared(world, into("/out")));
  task.finish();
  EXPECT_THAT(world.disk().list("/out"), IsEmpty());
}

TEST(FileSink, BeginsANewPartWhenOneIsLargeEnough) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::World world(seed);
    FilesOptions options = into("/out");
    options.max_bytes = 8;
    SinkTask<std::string> task(world, prepared(world, options));
    task.write({"abc", "def", "g", "hijklmnopq", "r"});
    task.finish();
    EXPECT_THAT(world.disk().list_recursive("/out"), ElementsAre("/out/part-1-1", "/out/part-1-2", "/out/part-1-3"));
    EXPECT_EQ(world.disk().read_file("/out/part-1-1"), "abc\ndef\n");
    EXPECT_EQ(world.disk().read_file("/out/part-1-2"), "g\nhijklmnopq\n");
    EXPECT_EQ(world.disk().read_file("/out/part-1-3"), "r\n");
  }
}

TEST(FileSink, MakesNoEmptyPartWhenTheLastOneIsExactlyFull) {
  sim::World world(1);
  FilesOptions options = into("/out");
  options.max_bytes = 4;
  SinkTask<std::string> task(world, prepared(world, options));
  task.write({"abc"});
  task.run();
  task.finish();
  EXPECT_THAT(visible(world), ElementsAre("/out/part-1-1"));
}

TEST(FileSink, WritesWhatDoesNotFitItsBuffersWithoutLossAndWithoutBlockingItsTask) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    sim::World world(seed);
    SinkTask<std::string> task(world, prepared(world, into("/out")));
    std::string expected;
    for (int batch = 0; batch < 40; ++batch) {
      std::vector<std::string> records;
      for (int i = 0; i < 100; ++i) records.push_back(fmt::format("{}-{}-{}", batch, i, std::string(500, 'x')));
      for (const std::string& record : records) expected += record + "\n";
      task.write(std::move(records));
    }
    task.finish();
    EXPECT_EQ(world.disk().read_file("/out/part-1-1"), expected);
    EXPECT_EQ(world.misplaced_file_calls(), 0);
  }
}

TEST(FileSink, TakesNoRecordsWhileBothBuffersAreFull) {
  sim::World world(1);
  SinkTask<std::string> task(world, prepared(world, into("/out")));
  const std::string record(200 * 1024, 'x');
  for (int i = 0; i < 10; ++i) task.write({record});
  while (task.step() == StepResult::kMore) {
  }
  EXPECT_EQ(task.calls_left(), 6) << "two are being written, two wait";
  task.finish();
  EXPECT_EQ(world.disk().read_file("/out/part-1-1").size(), 10 * (record.size() + 1));
}

TEST(FileSink, BeginsANewPartWhenOneIsOldEnough) {
  sim::World world(1);
  FilesOptions options = into("/out");
  options.roll_interval = 10s;
  options.deliver_when_rolled = true;
  SinkTask<std::string> task(world, prepared(world, options));
  task.write({"a"});
  world.run_for(9s);
  EXPECT_THAT(visible(world), IsEmpty());
  world.run_for(2s);
  EXPECT_THAT(visible(world), ElementsAre("/out/part-1-1"));
  world.run_for(60s);
  EXPECT_THAT(visible(world), ElementsAre("/out/part-1-1")) << "nothing came, nothing is complete";
  task.write({"b"});
  task.finish();
  EXPECT_THAT(visible(world), ElementsAre("/out/part-1-1", "/out/part-1-2"));
  EXPECT_EQ(world.disk().read_file("/out/part-1-2"), "b\n");
}

TEST(FileSink, WritesInTheFormatThatItIsGiven) {
  sim::World world(1);
  const auto sink =
      files<int>(into("/out"), [](const int& value, std::string& out) { out += fmt::format("<{}>", value); });
  sink->prepare(world, true);
  SinkTask<int> task(world, sink);
  task.write({1, 2});
  task.finish();
  EXPECT_EQ(world.disk().read_file("/out/part-1-1"), "<1>\n<2>\n");
}

// The directory.

TEST(FileSink, RefusesADirectoryThatIsNotEmptyAndSaysWhatIsInIt) {
  sim::World world(1);
  world.disk().write_file("/out/old", "x");
  world.disk().write_file("/out/older", "x");
  const auto sink = files<int>(into("/out"));
  EXPECT_THAT(
      message_of<UserError>([&] { sink->prepare(world, true); }),
      AllOf(HasSubstr("'/out' is not empty"), HasSubstr("'old' and 1 more"), HasSubstr("name another directory")));
  EXPECT_EQ(world.disk().read_file("/out/old"), "x");
}

TEST(FileSink, RefusesADirectoryThatAnotherSinkOrRunHasTaken) {
  sim::World world(1);
  prepared(world, into("/out"));
  EXPECT_THAT(message_of<UserError>([&] { prepared(world, into("/out/")); }),
              AllOf(HasSubstr("'/out'"), HasSubstr("'.weir' (output of a run that did not end, or still runs)")));
}

TEST(FileSink, MakesItsDirectoryDurableWithAllAboveIt) {
  sim::World world(1);
  prepared(world, into("/a/b/out"));
  prepared(world, into("c/out"));
  world.lose_power();
  EXPECT_TRUE(world.disk().exists("/a/b/out/.weir"));
  EXPECT_TRUE(world.disk().exists("/c/out/.weir"));
  world.start_process();
}

TEST(FileSink, NamesADirectoryThatCannotBeMade) {
  sim::World world(1);
  world.disk().write_file("/out", "a file");
  EXPECT_THAT(message_of<ExternalError>([&] { prepared(world, into("/out")); }), HasSubstr("/out"));
  EXPECT_THAT(message_of<ExternalError>([&] { prepared(world, into("/out/below")); }), HasSubstr("/out"));
}

TEST(FileSink, RefusesOptionsThatCannotBeMeant) {
  EXPECT_THAT(message_of<UsageError>([] { files<int>(into("")); }), HasSubstr("output directory"));
  for (const std::string prefix : {"", ".part", "a/b"}) {
    FilesOptions options = into("/out");
    options.prefix = prefix;
    EXPECT_THAT(message_of<UsageError>([&] { files<int>(options); }), HasSubstr("'" + prefix + "'"));
  }
  FilesOptions options = into("/out");
  options.max_bytes = 0;
  EXPECT_THAT(message_of<UsageError>([&] { files<int>(options); }), HasSubstr("0 bytes"));
}

// Failures.

TEST(FileSink, NamesThePathWhenTheDiskIsFull) {
  sim::World world(1);
  SinkTask<std::string> task(world, prepared(world, into("/out")));
  world.disk().set_capacity(100);
  task.write({std::string(1000, 'x')});
  EXPECT_THAT(message_of<ExternalError>([&] { task.finish(); }),
              AllOf(HasSubstr("/out/.weir/"), HasSubstr("No space")));
}

TEST(FileSink, TellsOfAFailedWriteEvenIfNothingMoreComes) {
  sim::World world(1);
  FilesOptions options = into("/out");
  options.max_bytes = 10;
  SinkTask<std::string> task(world, prepared(world, options));
  world.disk().set_capacity(100);
  task.write({std::string(1000, 'x')});
  EXPECT_THAT(message_of<ExternalError>([&] { world.run_for(1s); }), HasSubstr("/out/.weir/"));
}

TEST(FileSink, NamesThePathThatCannotBeSyncedAndShowsNothing) {
  sim::World world(1);
  SinkTask<std::string> task(world, prepared(world, into("/out")));
  sim::DiskFault fault;
  fault.operations = {sim::DiskOperation::kSync};
  world.disk().inject(fault);
  task.write({"a"});
  EXPECT_THAT(message_of<ExternalError>([&] { task.finish(); }), HasSubstr("/out/.weir/"));
  EXPECT_THAT(visible(world), IsEmpty());
}

TEST(FileSink, StartsAnewAfterAFailedAttemptWithoutWhatThatHadStaged) {
  sim::World world(1);
  FilesOptions options = into("/out");
  options.max_bytes = 4;
  const auto sink = prepared(world, options);
  {
    SinkTask<std::string> failed(world, sink);
    failed.write({"old", "old"});
    failed.barrier(0);
    failed.staged();
  }
  EXPECT_THAT(staged(world), SizeIs(2));
  world.disk().write_file("/out/.weir/not-ours", "x");
  sink->prepare(world, false);
  EXPECT_THAT(staged(world), ElementsAre("/out/.weir/not-ours"));
  SinkTask<std::string> task(world, sink);
  task.write({"new"});
  task.finish();
  EXPECT_THAT(world.disk().list_recursive("/out"), ElementsAre("/out/.weir/not-ours", "/out/part-1-1"));
  EXPECT_EQ(world.disk().read_file("/out/part-1-1"), "new\n");
}

TEST(FileSink, IsNotTouchedByWorkOfAnEarlierAttemptThatIsStillUnderWay) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    sim::World world(seed);
    const auto sink = prepared(world, into("/out"));
    std::optional<SinkTask<std::string>> zombie(std::in_place, world, sink);
    zombie->write({"old"});
    zombie->barrier(0);
    while (zombie->step() == StepResult::kMore) {
    }
    zombie.reset();
    sink->prepare(world, false);
    SinkTask<std::string> task(world, sink);
    task.write({"new"});
    task.finish();
    EXPECT_THAT(visible(world), ElementsAre("/out/part-1-1"));
    EXPECT_EQ(world.disk().read_file("/out/part-1-1"), "new\n");
  }
}

TEST(FileSink, RefusesToRestartAJobWhoseOutputIsPartlyVisible) {
  sim::World world(1);
  const auto sink = prepared(world, into("/out"));
  SinkTask<std::string> first(world, sink, 0, 2);
  first.write({"a"});
  first.finish();
  try {
    sink->prepare(world, false);
    FAIL() << "records would appear twice";
  } catch (const ExternalError& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("'/out/part-1-1' is there"), HasSubstr("remove the directory")));
    EXPECT_EQ(e.retry(), Retry::kNo);
  }
}

TEST(FileSink, GoesOnAfterThePartsThatAnEarlierAttemptDeliveredAtOnce) {
  sim::World world(1);
  FilesOptions options = into("/out");
  options.max_bytes = 2;
  options.deliver_when_rolled = true;
  const auto sink = prepared(world, options);
  {
    SinkTask<std::string> failed(world, sink);
    failed.write({"a", "b"});
    failed.run();
    world.run_for(1s);
  }
  EXPECT_THAT(visible(world), ElementsAre("/out/part-1-1", "/out/part-1-2"));
  sink->prepare(world, false);
  SinkTask<std::string> task(world, sink);
  task.write({"c"});
  task.finish();
  EXPECT_THAT(visible(world), ElementsAre("/out/part-1-1", "/out/part-1-2", "/out/part-1-3"));
  EXPECT_EQ(world.disk().read_file("/out/part-1-3"), "c\n");
}

TEST(FileSink, SealsWhatSurvivesALossOfPower) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    sim::World world(seed);
    std::optional<SinkTask<std::string>> task(std::in_place, world, prepared(world, into("/out")));
    task->write({"a", "b"});
    task->barrier(0);
    task->staged();
    world.lose_power();
    task.reset();
    world.start_process();
    const auto files = staged(world);
    ASSERT_THAT(files, SizeIs(1));
    EXPECT_EQ(world.disk().read_file(files.front()), "a\nb\n");
  }
}

TEST(FileSink, HasShownEverythingForGoodWhenItHasDelivered) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    sim::World world(seed);
    FilesOptions options = into("/out");
    options.max_bytes = 2;
    std::optional<SinkTask<std::string>> task(std::in_place, world, prepared(world, options));
    task->write({"a", "b"});
    task->finish();
    world.lose_power();
    task.reset();
    world.start_process();
    EXPECT_THAT(visible(world), ElementsAre("/out/part-1-1", "/out/part-1-2"));
    EXPECT_EQ(world.disk().read_file("/out/part-1-2"), "b\n");
  }
}

}  // namespace
}  // namespace weir::connectors
