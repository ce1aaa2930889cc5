#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/weir.h"

#include "kit/sim_job.h"

// Disks that are full, broken or slow under a job from files to files.

namespace weir::tests {
namespace {

using namespace std::chrono_literals;
using runtime::JobResult;
using runtime::RestartStrategy;
using sim::DiskFault;
using sim::DiskOperation;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int kLines = 200;

/// Copies lines; parts are small, so that there are many.
void copy(Environment& env) {
  env.lines("/in")
      .map([](const Line& line) { return std::string(line.text); })
      .rebalance()
      .filter([](const std::string&) { return true; })
      .write_files({.directory = "/out", .max_bytes = 100},
                   [](const std::string& text, std::string& line) { line += text; });
}

std::multiset<std::string> write_input(sim::World& world) {
  std::multiset<std::string> lines;
  for (const char* name : {"a", "b"}) {
    std::string bytes;
    for (int i = 0; i < kLines; ++i) {
      const std::string line = fmt::format("{} {}", name, i);
      bytes += line + '\n';
      lines.insert(line);
    }
    world.disk().write_file(fmt::format("/in/{}", name), bytes);
  }
  return lines;
}

std::multiset<std::string> visible_lines(sim::World& world) {
  std::multiset<std::string> lines;
  for (const std::string& path : world.disk().list_recursive("/out")) {
    if (!path.starts_with("/out/part-")) continue;
    const std::string bytes = world.disk().read_file(path);
    EXPECT_TRUE(bytes.ends_with('\n')) << path << " is cut off";
    std::istringstream stream(bytes);
    for (std::string line; std::getline(stream, line);) lines.insert(line);
  }
  return lines;
}

SimOptions options_with(RestartStrategy::Kind kind) {
  SimOptions options;
  options.parallelism = 2;
  options.batch_size = 16;
  options.restart.kind = kind;
  options.restart.delay = 2s;
  return options;
}

struct Trouble {
  const char* name;
  DiskFault fault;
  const char* path;    ///< that the message names
  const char* reason;  ///< and what else
};

std::vector<Trouble> troubles() {
  using Kind = DiskFault::Kind;
  return {
      {"NoSpace",
       {.kind = Kind::kNoSpace, .path = "/out/*", .operations = {DiskOperation::kWrite}},
       "/out/.weir/",
       "No space left"},
      {"NoSpaceForNames",
       {.kind = Kind::kNoSpace, .path = "/out/*", .operations = {DiskOperation::kCreate}},
       "/out/.weir/",
       "No space left"},
      {"WriteError", {.path = "/out/*", .operations = {DiskOperation::kWrite}}, "/out/.weir/", "Input/output error"},
      {"SyncError", {.path = "/out/*", .operations = {DiskOperation::kSync}}, "/out/.weir/", "Input/output error"},
      {"DirectorySyncError",
       {.path = "/out/.weir", .operations = {DiskOperation::kSyncDirectory}},
       "/out",
       "Input/output error"},
      {"OpenError", {.path = "/in/b", .operations = {DiskOperation::kOpen}}, "/in/b", "Input/output error"},
      {"ReadError", {.path = "/in/b", .operations = {DiskOperation::kRead}}, "/in/b", "Input/output error"},
      {"ListError", {.path = "/in", .operations = {DiskOperation::kList}}, "/in", "Input/output error"},
  };
}

class FailingDisk : public testing::TestWithParam<Trouble> {};

TEST_P(FailingDisk, FailsTheJobNamingThePathAndShowsNothing) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    write_input(world);
    world.disk().inject(GetParam().fault);
    {
      SimJob job(world, copy, options_with(RestartStrategy::Kind::kNone));
      const JobResult& result = job.run();
      ASSERT_EQ(result.state, JobResult::State::kFailed);
      ASSERT_THAT(result.message, AllOf(HasSubstr(GetParam().path), HasSubstr(GetParam().reason)));
      ASSERT_THAT(visible_lines(world), IsEmpty());
    }
    world.run_for(1s);
    ASSERT_EQ(world.disk().open_files(), 0U);
  }
}

TEST_P(FailingDisk, ThatRecoversLetsTheJobEndWithEveryRecordOnce) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    const auto lines = write_input(world);
    world.disk().inject(GetParam().fault);
    world.after(std::chrono::milliseconds(seed * 60), [&world] { world.disk().heal_all(); });
    SimJob job(world, copy, options_with(RestartStrategy::Kind::kFixedDelay));
    const JobResult& result = job.run();
    ASSERT_EQ(result.state, JobResult::State::kFinished) << result.message;
    ASSERT_EQ(visible_lines(world), lines);
    ASSERT_THAT(world.disk().list_recursive("/out/.weir"), IsEmpty());
    ASSERT_THAT(job.log(), Not(IsEmpty()));
  }
}

TEST_P(FailingDisk, NowAndThenLosesAndDoublesNothing) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    const auto lines = write_input(world);
    DiskFault fault = GetParam().fault;
    fault.probability = 0.05;
    fault.times = 3;
    world.disk().inject(fault);
    SimJob job(world, copy, options_with(RestartStrategy::Kind::kFixedDelay));
    const JobResult& result = job.run();
    ASSERT_EQ(result.state, JobResult::State::kFinished) << result.message;
    ASSERT_EQ(visible_lines(world), lines);
  }
}

INSTANTIATE_TEST_SUITE_P(Troubles, FailingDisk, testing::ValuesIn(troubles()),
                         [](const auto& of) { return of.param.name; });

TEST(ReadOnlyDisk, FailsTheJobForGood) {
  sim::World world(1);
  write_input(world);
  world.disk().inject({.kind = DiskFault::Kind::kReadOnly, .path = "/out*"});
  SimJob job(world, copy, options_with(RestartStrategy::Kind::kFixedDelay));
  const JobResult& result = job.run();
  EXPECT_EQ(result.state, JobResult::State::kFailed);
  EXPECT_THAT(result.message, AllOf(HasSubstr("/out"), HasSubstr("Read-only")));
  EXPECT_THAT(job.log(), IsEmpty());
}

TEST(FailingDelivery, IsTriedAgainAndNeverShowsARecordTwice) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    const auto lines = write_input(world);
    world.disk().inject({.path = "/out/*", .operations = {DiskOperation::kRename}, .probability = 0.1, .times = 1});
    SimJob job(world, copy, options_with(RestartStrategy::Kind::kFixedDelay));
    const JobResult& result = job.run();
    ASSERT_EQ(result.state, JobResult::State::kFinished) << result.message;
    ASSERT_EQ(visible_lines(world), lines);
  }
}

TEST(FailingDelivery, FailsTheJobAsSoonAsItsStrategyGivesUp) {
  for (const auto& [kind, tries] :
       {std::pair(RestartStrategy::Kind::kNone, 0U), {RestartStrategy::Kind::kFixedDelay, 3U}}) {
    sim::World world(1);
    write_input(world);
    world.disk().inject({.path = "/out/*", .operations = {DiskOperation::kRename}});
    SimJob job(world, copy, options_with(kind));
    const JobResult& result = job.run();
    EXPECT_EQ(result.state, JobResult::State::kFailed);
    EXPECT_THAT(result.message, AllOf(HasSubstr("delivering the output"), HasSubstr("/out")));
    EXPECT_EQ(job.log().size(), tries);
    EXPECT_THAT(visible_lines(world), IsEmpty());
  }
}

TEST(SlowDisk, OnlyTakesLonger) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    const auto lines = write_input(world);
    world.disk().inject({.kind = DiskFault::Kind::kSlow, .probability = 0.3, .latency = 700ms});
    const JobResult result = SimJob(world, copy, options_with(RestartStrategy::Kind::kNone)).run();
    ASSERT_EQ(result.state, JobResult::State::kFinished) << result.message;
    ASSERT_EQ(visible_lines(world), lines);
  }
}

}  // namespace
}  // namespace weir::tests
