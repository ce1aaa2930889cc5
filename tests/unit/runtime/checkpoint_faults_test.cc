#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/checkpoint/layout.h"
#include "weir/checkpoint/log.h"

#include "checkpointed_job.h"

// Whole jobs whose checkpoints do not come to their end: declined, too slow, told by those who do not count any more,
// overtaken by another process. The output stays right, and the log says what happened.

namespace weir::runtime {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using Death = CheckpointedRun::Death;
using State = JobResult::State;

struct CheckpointFaults : CheckpointedJob {
  static bool says(const CheckpointedRun& run, const std::string& text) {
    return std::any_of(run.log.begin(), run.log.end(),
                       [&](const auto& line) { return line.find(text) != std::string::npos; });
  }
};

TEST_F(CheckpointFaults, GiveUpACheckpointThatTakesTooLongAndSayWhoDidNotAnswer) {
  script.numbers = 200;
  target->staging_takes = 300ms;
  sim::World world(1);
  CheckpointedRun run = run_in(world);
  run.options.checkpoints->timeout = Duration{100};
  run.start();
  run.run_until([&] { return run.statistics().failed >= 1; });
  ASSERT_FALSE(run.ended());
  EXPECT_EQ(run.statistics().completed, 0U);
  EXPECT_THAT(run.log, Contains(AllOf(HasSubstr("checkpoint 1 failed: it took longer than 0.1 s"),
                                      HasSubstr("not acknowledged by 'sink' (1/3)"), HasSubstr("the job runs on"))));
  target->staging_takes = 0ms;
  ASSERT_EQ(run.run().state, State::kFinished);
  expect_exact();
}

TEST_F(CheckpointFaults, DeclineWhileATaskIsBusyWithACheckpointThatWasGivenUpAndSaySo) {
  script.numbers = 200;
  target->staging_takes = 300ms;
  sim::World world(2);
  CheckpointedRun run = run_in(world);
  run.options.checkpoints->timeout = Duration{100};
  run.start();
  run.run_until([&] { return says(run, "declined"); });
  ASSERT_FALSE(run.ended());
  EXPECT_THAT(run.log, Contains(AllOf(HasSubstr("failed: declined by 'sink' ("),
                                      HasSubstr("its snapshot for an earlier checkpoint is not finished"))));
  target->staging_takes = 0ms;
  const std::uint64_t completed = run.statistics().completed;
  run.run_until([&] { return run.statistics().completed > completed; });
  ASSERT_FALSE(run.ended());
  EXPECT_EQ(run.statistics().failed_in_a_row, 0U);
  ASSERT_EQ(run.run().state, State::kFinished);
  expect_exact();
}

TEST_F(CheckpointFaults, CountNothingThatAnAttemptTellsWhenItIsOver) {
  std::uint64_t interrupted = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    begin_anew();
    target->staging_takes = std::chrono::milliseconds(seed % 30);
    sim::World world(seed);
    CheckpointedRun run = run_in(world);
    run.options.restart.kind = RestartStrategy::Kind::kFixedDelay;
    run.options.restart.delay = Duration{1};  // sooner than the first attempt's helpers are done
    int failures_left = 3;
    watch->look = [&](const Event&) {
      const auto pending = run.statistics().pending;
      if (failures_left == 0 || !pending || pending->acknowledged == 0) return;
      --failures_left;
      ++interrupted;
      throw ExternalError("the network is down");
    };
    const JobResult& result = run.run_to_end();
    ASSERT_EQ(result.state, State::kFinished) << result.message;
    expect_every_result_once();  // helpers of an attempt that is over may stage something still
  }
  EXPECT_GT(interrupted, 20U);
}

TEST_F(CheckpointFaults, BeginAgainWithANewDirectoryWhenSomebodyRemovesThatOfTheLocalState) {
  script.numbers = 200;
  sim::World world(3);
  CheckpointedRun run = run_in(world);
  run.start();
  for (int removals = 0; removals < 3; ++removals) {
    const std::uint64_t completed = run.statistics().completed;
    run.run_until([&] { return run.statistics().completed > completed; });
    ASSERT_FALSE(run.ended());
    world.disk().erase(checkpoint::Layout(run.options.checkpoints->directory, run.options.checkpoints->job).local());
  }
  ASSERT_EQ(run.run().state, State::kFinished);
  EXPECT_TRUE(says(run, "somebody removed /checkpoints/"));
  expect_exact();
}

/// Another process, as far as the log knows: it takes over and does nothing else.
class Usurper {
 public:
  explicit Usurper(sim::World& world, const checkpoint::Options& options)
      : world_(world),
        layout_(options.directory, options.job),
        log_(world, layout_, options.job),
        standing_{checkpoint::WriterId(4711), std::nullopt, 0} {}

  void take_over() {
    standing_.end = log_.end();
    log_.append(standing_, checkpoint::Takeover{"elsewhere:1", std::nullopt}, {});
    for (const std::string& path : world_.disk().list_recursive(layout_.directory()))
      if (!path.starts_with(layout_.local()) && path.find("/.") == std::string::npos) files_.push_back(path);
  }

  /// The newest checkpoint that was completed before; 0: none.
  std::uint64_t newest() const {
    std::uint64_t newest = 0;
    for (const checkpoint::LogEntry& entry : log_.read_all())
      if (const auto* completed = std::get_if<checkpoint::Completed>(&entry.what))
        newest = completed->checkpoint.checkpoint.value();
    return newest;
  }

  /// Of the files that were there, those that are gone.
  std::vector<std::string> missing() const {
    std::vector<std::string> missing;
    for (const std::string& path : files_)
      if (!world_.disk().exists(path) && path != layout_.lock()) missing.push_back(path);
    return missing;
  }

 private:
  sim::World& world_;
  checkpoint::Layout layout_;
  checkpoint::Log log_;
  checkpoint::LogStanding standing_;
  std::vector<std::string> files_;
};

/// "2 of 1 for 3": of checkpoint 3.
std::uint64_t checkpoint_of(const std::string& handle) { return std::stoull(handle.substr(handle.rfind(' ') + 1)); }

TEST_F(CheckpointFaults, DeliverNothingAndDeleteNothingOnceAnotherProcessHasTakenOver) {
  script.numbers = 200;
  int under_way = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    begin_anew();
    target->staging_takes = std::chrono::milliseconds(seed % 7);
    sim::World world(seed);
    sim::Random random(seed);
    CheckpointedRun run = run_in(world);
    run.options.checkpoints->retained = 1;
    run.start();
    run.run_until([&] { return run.statistics().completed == 1; });
    run.run_for(random.between(0ns, std::chrono::nanoseconds(120ms)));
    ASSERT_FALSE(run.ended());
    under_way += run.statistics().pending ? 1 : 0;
    Usurper usurper(world, *run.options.checkpoints);
    usurper.take_over();
    const std::set<std::string> delivered = target->delivered;
    const std::uint64_t newest = usurper.newest();
    const JobResult& result = run.run();
    ASSERT_EQ(result.state, State::kFailed);
    EXPECT_THAT(result.message, AllOf(HasSubstr("another process"), HasSubstr("has taken over")));
    EXPECT_THAT(usurper.missing(), testing::IsEmpty());
    EXPECT_EQ(usurper.newest(), newest) << "a checkpoint was completed";
    for (const std::string& handle : target->delivered)
      EXPECT_TRUE(delivered.contains(handle) || checkpoint_of(handle) <= newest) << handle;
  }
  EXPECT_GT(under_way, 10);
}

/// Two sources -> first, by key -> second, by key -> sink; the even numbers leave the first by another port.
struct CheckpointedGraph : CheckpointFaults {
  Graph wide_graph() const {
    SequenceGraph made;
    SequenceScript other = script;
    other.name = "other sequence";
    other.first_key = 100;
    const NodeId first = made.follow({made.source(script), made.source(other)}, watch, "first", 2);
    made.sink(first, evens, "evens", 1, Partitioning::kForward);
    const NodeId second = made.follow({first}, second_watch, "second");
    made.sink(second, target, "all", 0, Partitioning::kRebalance, 3);
    return made.take();
  }

  void expect_all_of_it(std::uint32_t parallelism) const {
    SequenceScript other = script;
    other.first_key = 100;
    Events all = script.all();
    const Events more = other.all();
    all.insert(all.end(), more.begin(), more.end());
    std::sort(all.begin(), all.end());
    Events even;
    std::copy_if(all.begin(), all.end(), std::back_inserter(even), [](const Event& e) { return e.number % 2 == 0; });
    ASSERT_EQ(events_of(*target), all);
    ASSERT_EQ(events_of(*evens), even);
    // Each stage says how many it has handled; the second one handled what the first one said, too.
    ASSERT_EQ(handled_of(*target), static_cast<int>(2 * all.size() + parallelism));
    ASSERT_EQ(watch->jumps, 0U);
    ASSERT_EQ(second_watch->jumps, 0U);
    ASSERT_TRUE(target->staged.empty() && evens->staged.empty());
  }

  std::shared_ptr<Target> evens;
  std::shared_ptr<Follow::Watch> second_watch;
};

TEST_F(CheckpointedGraph, WithUnionSideOutputAndTwoExchangesShowsEveryResultOnceWheneverItIsKilled) {
  script.numbers = 40;
  std::uint64_t restored = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    begin_anew();
    evens = std::make_shared<Target>();
    second_watch = std::make_shared<Follow::Watch>();
    sim::World world(seed);
    sim::Random random(seed);
    CheckpointedRun run(world, [this] { return wide_graph(); });
    run.options.parallelism = static_cast<std::uint32_t>(1 + seed % 3);
    for (std::uint64_t deaths = 1 + seed % 4; deaths > 0; --deaths) {
      run.start();
      run.run_for(random.between(std::chrono::nanoseconds(20ms), std::chrono::nanoseconds(150ms)));
      run.kill(seed % 2 == 0 ? Death::kKill : Death::kPowerLoss);
    }
    const JobResult& result = run.run_to_end();
    ASSERT_EQ(result.state, State::kFinished) << result.message;
    expect_all_of_it(run.options.parallelism);
    restored += run.statistics().restored ? 1 : 0;
  }
  EXPECT_GT(restored, 30U);
}

}  // namespace
}  // namespace weir::runtime
