#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/weir.h"

#include "kit/example_jobs.h"
#include "kit/sim_job.h"

// Jobs that are cancelled at any moment: nothing becomes visible, and nothing of them stays behind.

namespace weir::tests {
namespace {

using namespace std::chrono_literals;
using runtime::JobResult;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;

void write_input(sim::World& world) {
  for (int file = 0; file < 3; ++file) {
    std::string bytes;
    for (int i = 0; i < 3000; ++i) bytes += fmt::format("{}\tw{}\n", i, i % 7);
    world.disk().write_file(fmt::format("/in/{}", file), bytes);
  }
}

SimOptions word_count_options(std::uint64_t seed) {
  SimOptions options;
  options.parallelism = static_cast<std::uint32_t>(1 + seed % 3);
  options.batch_size = 32;
  options.arguments = {"--input=/in", "--output=/out", "--late=/late", "--window=tumbling:10ms"};
  return options;
}

/// Until when a job runs by itself in the world of a seed.
std::chrono::nanoseconds whole_run(std::uint64_t seed) {
  sim::World world(seed);
  write_input(world);
  const MonotonicTime began = world.now();
  SimJob job(world, event_time_word_count, word_count_options(seed));
  job.run();
  return world.now() - began;
}

TEST(Cancel, EndsAJobAtAnyMomentAndShowsNothing) {
  int cancelled = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    const auto whole = whole_run(seed);
    sim::World world(seed);
    write_input(world);
    {
      SimJob job(world, event_time_word_count, word_count_options(seed));
      world.run_for(sim::Random(seed).between(0ns, whole));
      job.job().cancel();
      const JobResult& result = job.run();
      if (result.state == JobResult::State::kCancelled) {
        ++cancelled;
        ASSERT_THAT(world.disk().list_recursive("/out"), IsEmpty());
      } else {
        ASSERT_EQ(result.state, JobResult::State::kFinished) << result.message;
      }
    }
    const std::uint64_t events = world.events();
    world.run_for(10s);
    ASSERT_LE(world.events() - events, 50U) << "something went on working";
    ASSERT_EQ(world.disk().open_files(), 0U);
  }
  EXPECT_GT(cancelled, 200);
}

TEST(Cancel, BeforeTheEndShowsNoFiles) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    write_input(world);
    SimJob job(world, event_time_word_count, word_count_options(seed));
    job.run_until([&] { return job.job().progress().records_in > 1000 + seed * 50; });
    ASSERT_FALSE(job.ended());
    job.job().cancel();
    ASSERT_EQ(job.run().state, JobResult::State::kCancelled);
    world.run_for(1s);
    ASSERT_THAT(world.disk().list_recursive("/out"), IsEmpty());
    ASSERT_THAT(world.disk().list_recursive("/late"), IsEmpty());
  }
}

TEST(Cancel, DuringDeliveryLetsTheJobFinish) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    write_input(world);
    SimJob job(world, event_time_word_count, word_count_options(seed));
    job.run_until([&] { return world.disk().exists("/out/part-1-1") || world.disk().exists("/out/part-2-1"); });
    ASSERT_FALSE(job.ended());
    job.job().cancel();
    ASSERT_EQ(job.run().state, JobResult::State::kFinished);
    world.run_for(1s);
    ASSERT_FALSE(world.disk().exists("/out/.weir"));
  }
}

TEST(Cancel, EndsAJobThatWaitsForItsInput) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    const Address server{"localhost", 9999};
    sim::TextServer& text = world.text_server(server, {sim::send_at(100ms, "to be or\n")});
    const std::size_t handles = world.net().handles();
    SimOptions options;
    options.arguments = {"--port=9999"};
    {
      SimJob job(world, socket_window_word_count, options);
      world.run_for(20s);
      ASSERT_FALSE(job.ended());
      job.job().cancel();
      ASSERT_EQ(job.run().state, JobResult::State::kCancelled);
    }
    world.run_for(1s);
    ASSERT_TRUE(text.ended(0));
    ASSERT_EQ(world.net().handles(), handles);
  }
}

TEST(Cancel, EndsAJobThatWaitsForItsRestart) {
  sim::World world(1);
  SimOptions options;
  options.restart.kind = runtime::RestartStrategy::Kind::kFixedDelay;
  options.restart.delay = 10min;
  const auto failing = [](Environment& env) {
    env.from_values({1}).map([](int) -> int { throw std::runtime_error("never"); }).print();
  };
  const MonotonicTime began = world.now();
  SimJob job(world, failing, options);
  world.run_for(1s);
  ASSERT_THAT(job.log(), Each(HasSubstr("restart 1 of 3")));
  job.job().cancel();
  job.job().cancel();
  EXPECT_EQ(job.run().state, JobResult::State::kCancelled);
  EXPECT_LT(world.now() - began, 2s);
}

TEST(Cancel, IsNotNeededToDestroyAJob) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    write_input(world);
    std::optional<SimJob> job;
    job.emplace(world, event_time_word_count, word_count_options(seed));
    world.run_for(sim::Random(seed).between(0ns, 5ms));
    job.reset();
    world.run_for(1s);
    ASSERT_EQ(world.disk().open_files(), 0U);
  }
}

}  // namespace
}  // namespace weir::tests
