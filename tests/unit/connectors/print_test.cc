#include "weir/connectors/print/print.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/core/fields.h"

#include "full_pipe_host.h"
#include "sink_task.h"
#include "source_task.h"

namespace weir::connectors {

struct Count {
  std::string word;
  std::int64_t count;
};
WEIR_FIELDS(Count, word, count);

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(PrintSink, PrintsOneLineForEachRecordWithoutPrefixAtParallelismOne) {
  sim::World world(1);
  SinkTask<Count> task(world, print<Count>());
  task.write({{"lorem", 1}, {"ipsum", 2}});
  task.run();
  task.finish();
  EXPECT_EQ(world.out(), "Count(lorem,1)\nCount(ipsum,2)\n");
  EXPECT_EQ(world.err(), "");
}

std::string printed(PrintOptions options, std::uint32_t subtask, std::uint32_t parallelism) {
  sim::World world(1);
  SinkTask<std::int64_t> task(world, print<std::int64_t>(std::move(options)), subtask, parallelism);
  task.write({7});
  task.finish();
  return world.out() + world.err();
}

TEST(PrintSink, BeginsLinesWithTheNameAndTheSubtaskCountedFromOne) {
  EXPECT_EQ(printed({}, 2, 4), "3> 7\n");
  EXPECT_EQ(printed({.name = "name"}, 0, 1), "name> 7\n");
  EXPECT_EQ(printed({.name = "name"}, 2, 4), "name:3> 7\n");
}

TEST(PrintSink, PrintsToStandardErrorWhenToldSo) {
  sim::World world(1);
  SinkTask<std::int64_t> task(world, print<std::int64_t>({.name = "", .stream = StandardStream::kError}));
  task.write({7});
  task.finish();
  EXPECT_EQ(world.err(), "7\n");
  EXPECT_EQ(world.out(), "");
}

TEST(PrintSink, ShowsEveryRecordOnceTheTaskIsIdleWithoutBeingSealed) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    sim::World world(seed);
    SinkTask<std::int64_t> task(world, print<std::int64_t>());
    for (int i = 0; i < 5; ++i) task.write({i});
    task.flush();
    task.run();
    world.run_until([&] { return world.out() == "0\n1\n2\n3\n4\n"; });
  }
}

TEST(PrintSink, HasStagedOnlyWhenEverythingBeforeTheBarrierIsPrinted) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    sim::World world(seed);
    SinkTask<std::int64_t> task(world, print<std::int64_t>());
    std::string expected;
    for (int i = 0; i < 20; ++i) {
      task.write({i});
      expected += std::to_string(i) + "\n";
    }
    task.barrier(1);
    for (int i = 0; i < 20; ++i) task.write({100});
    EXPECT_THAT(task.staged(), IsEmpty());
    EXPECT_THAT(world.out(), StartsWith(expected)) << "seed " << seed;
  }
}

TEST(PrintSink, StagesUnderAStreamOfRecordsThatNeverStops) {
  sim::World world(1);
  SinkTask<std::int64_t> task(world, print<std::int64_t>());
  task.write({7});
  task.run();
  task.barrier(1);
  bool staged = false;
  for (int i = 0; i < 1000 && !staged; ++i) {
    // A new write begins in the same moment in which the one before it has ended.
    task.write({i});
    task.run();
    staged = task.writer().staged().has_value();
    world.run_one();
  }
  EXPECT_TRUE(staged);
}

TEST(PrintSink, PromisesToShowRecordsAtLeastOnce) { EXPECT_EQ(print<int>()->guarantee(), Guarantee::kAtLeastOnce); }

TEST(PrintSink, StopsTakingRecordsWhileTooMuchWaits) {
  sim::World world(1);
  SinkTask<std::string> task(world, print<std::string>());
  const std::string line(100 * 1024, 'x');
  for (int i = 0; i < 8; ++i) task.write({line});
  while (task.step() == StepResult::kMore) {
  }
  EXPECT_EQ(task.calls_left(), 4) << "one line is being written, three wait";
  task.finish();
  EXPECT_EQ(world.out().size(), 8 * (line.size() + 1));
}

TEST(PrintSink, FailsWithTheReasonOfTheStreamEvenIfNothingMoreIsWritten) {
  sim::World world(1);
  FullPipeHost full(world);
  SinkTask<std::int64_t> task(world, print<std::int64_t>(), 0, 1, &full);
  task.write({7});
  EXPECT_THAT(message_of<ExternalError>([&] {
                task.run();
                world.run_for(std::chrono::seconds(1));
              }),
              AllOf(HasSubstr("standard output"), HasSubstr("no space is left")));
}

}  // namespace
}  // namespace weir::connectors
