#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/weir.h"

#include "kit/sim_job.h"

// Fast sources before slow sinks: what is on its way stays bounded, and all of it arrives.

namespace weir::tests {
namespace {

using namespace std::chrono_literals;
using runtime::JobResult;
using Counter = std::shared_ptr<std::atomic<std::uint64_t>>;

Counter counter() { return std::make_shared<std::atomic<std::uint64_t>>(0); }

constexpr std::size_t kBatch = 32;
constexpr std::size_t kLineBytes = 500;

SimOptions options_of(std::uint32_t parallelism, std::size_t channel_batches) {
  SimOptions options;
  options.parallelism = parallelism;
  options.batch_size = kBatch;
  options.channel_batches = channel_batches;
  return options;
}

/// Runs a job whose records are counted by `made` when they come into being and by `taken` at the sink; returns the
/// most that were in between.
std::uint64_t most_on_their_way(sim::World& world, const std::function<void(Environment&)>& job,
                                const SimOptions& options, const Counter& made, const Counter& taken) {
  std::uint64_t most = 0;
  SimJob run(world, job, options);
  run.run_until([&] {
    most = std::max(most, made->load() - taken->load());
    return false;
  });
  EXPECT_EQ(run.result().state, JobResult::State::kFinished) << run.result().message;
  EXPECT_EQ(made->load(), taken->load());
  return most;
}

/// Writes lines of kLineBytes to a disk that takes its time.
void write_slowly(const Stream<std::uint64_t>& stream, const Counter& taken) {
  stream.write_files({.directory = "/out"}, [taken](std::uint64_t number, std::string& line) {
    ++*taken;
    const std::size_t before = line.size();
    line += std::to_string(number);
    line.resize(before + kLineBytes - 1, '.');
  });
}

void slow_down(sim::World& world) {
  world.disk().inject({.kind = sim::DiskFault::Kind::kSlow,
                       .path = "/out/*",
                       .operations = {sim::DiskOperation::kWrite},
                       .latency = 500ms});
}

TEST(BackPressure, BoundsWhatIsOnItsWayToASlowSink) {
  constexpr std::uint64_t kRecords = 30'000;
  for (const std::uint32_t parallelism : {1U, 2U}) {
    for (const std::size_t channel_batches : {4U, 16U}) {
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}, parallelism {}, {} batches a channel", seed, parallelism, channel_batches));
        sim::World world(seed);
        slow_down(world);
        const Counter made = counter();
        const Counter taken = counter();
        const auto job = [&](Environment& env) {
          const auto numbers = env.generate({.count = kRecords, .splits = parallelism}, [made](std::uint64_t index) {
            ++*made;
            return index;
          });
          write_slowly(numbers.rebalance().map([](std::uint64_t number) { return number; }).rebalance(), taken);
        };
        const std::uint64_t most = most_on_their_way(world, job, options_of(parallelism, channel_batches), made, taken);
        // Two exchanges, and some batches in the hands of the three tasks of each subtask.
        const std::uint64_t bound =
            parallelism * kBatch * (2 * std::max(channel_batches, std::size_t{2} * parallelism) + 12);
        ASSERT_LE(most, bound);
        ASSERT_GE(most, kBatch * channel_batches) << "the sink was not slow";
        ASSERT_EQ(made->load(), kRecords);
      }
    }
  }
}

TEST(BackPressure, BoundsWhatAFlatMapThatExplodesSendsOn) {
  constexpr std::uint64_t kEach = 400;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    slow_down(world);
    const Counter made = counter();
    const Counter taken = counter();
    const auto job = [&](Environment& env) {
      const auto numbers = env.generate({.count = 100}, [](std::uint64_t index) { return index; })
                               .flat_map([made](std::uint64_t index, Out<std::uint64_t>& out) {
                                 for (std::uint64_t i = 0; i < kEach; ++i) out.emit(index * kEach + i);
                                 *made += kEach;
                               });
      write_slowly(numbers.rebalance(), taken);
    };
    const std::uint64_t most = most_on_their_way(world, job, options_of(1, 4), made, taken);
    ASSERT_LE(most, kEach + kBatch * (4 + 8));
    ASSERT_EQ(made->load(), 100 * kEach);
  }
}

TEST(BackPressure, LetsOneRecordBecomeAHundredThousand) {
  constexpr int kEach = 100'000;
  for (const std::uint32_t parallelism : {1U, 3U}) {
    const auto seen = std::make_shared<connectors::Collected<int>>();
    const JobResult ended = run_in_simulation(
        parallelism,
        [&](Environment& env) {
          env.from_values({1, 2})
              .flat_map([](int number, Out<int>& out) {
                for (int i = 0; i < kEach; ++i) out.emit(number * kEach + i);
              })
              .rebalance()
              .map([](int number) { return number; })
              .collect(seen);
        },
        options_of(parallelism, 4));
    ASSERT_EQ(ended.state, JobResult::State::kFinished) << ended.message;
    std::vector<int> numbers = seen->take();
    std::sort(numbers.begin(), numbers.end());
    ASSERT_EQ(numbers.size(), 2U * kEach);
    for (int i = 0; i < 2 * kEach; ++i) ASSERT_EQ(numbers[static_cast<std::size_t>(i)], kEach + i);
  }
}

/// One stream goes two ways, one of them slow, and they meet again: neither may wait for the other for ever.
TEST(BackPressure, DoesNotStopADiamond) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const std::uint32_t parallelism : {1U, 2U, 4U}) {
      SCOPED_TRACE(fmt::format("seed {}, parallelism {}", seed, parallelism));
      const auto seen = std::make_shared<connectors::Collected<int>>();
      SimOptions options = options_of(parallelism, 2);
      options.batch_size = 3;
      const JobResult ended = run_in_simulation(
          seed,
          [&](Environment& env) {
            const auto numbers =
                env.generate({.count = 900, .splits = 4}, [](std::uint64_t index) { return static_cast<int>(index); });
            const auto parted = numbers.rebalance().flat_map([](int number, Out<int>& main, Out<int>& side) {
              if (number % 3 == 0) side.emit(number);
              main.emit(number);
            });
            const auto many = parted.main.rebalance().flat_map([](int number, Out<int>& out) {
              for (int i = 0; i < 20; ++i) out.emit(number);
            });
            many.union_with(parted.side.rebalance(), numbers).rebalance().collect(seen).parallelism(1);
          },
          options);
      ASSERT_EQ(ended.state, JobResult::State::kFinished) << ended.message;
      ASSERT_EQ(seen->take().size(), 900U * 20 + 300 + 900);
    }
  }
}

}  // namespace
}  // namespace weir::tests
