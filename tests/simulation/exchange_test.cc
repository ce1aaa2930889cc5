#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/weir.h"

#include "kit/sim_job.h"

// Exchanges between operators of different parallelism, and what timestamps and watermarks become behind them.

namespace weir::tests {
namespace {

using namespace std::chrono_literals;
using runtime::JobResult;

struct Item {
  std::int64_t time;
  std::string key;

  Timestamp timestamp() const { return timestamp_ms(time); }
};
WEIR_FIELDS(Item, time, key);

struct Counted {
  std::int64_t start;
  std::string key;
  std::int64_t count;

  friend auto operator<=>(const Counted&, const Counted&) = default;
};

Parsed<Item> parse_item(std::string_view line) {
  const std::size_t blank = line.find(' ');
  return Item{std::stoll(std::string(line.substr(0, blank))), std::string(line.substr(blank + 1))};
}

/// Files whose timestamps rise by 1 ms, and the counts of windows of 10 ms over them.
void write_files(sim::World& world, int files, int lines) {
  for (int file = 0; file < files; ++file) {
    std::string bytes;
    for (int i = 0; i < lines; ++i) bytes += fmt::format("{} k{}\n", i, i % 3);
    world.disk().write_file(fmt::format("/in/{}", file), bytes);
  }
}

std::vector<Counted> expected_counts(int files, int lines) {
  std::map<std::pair<std::int64_t, std::string>, std::int64_t> counts;
  for (int i = 0; i < lines; ++i) counts[{i / 10 * 10, fmt::format("k{}", i % 3)}] += files;
  std::vector<Counted> all;
  for (const auto& [window, count] : counts) all.push_back({window.first, window.second, count});
  return all;
}

auto counts_of(const Stream<Item>& items) {
  return items.key_by(&Item::key)
      .window(TumblingEventTime{10ms})
      .count([](const std::string& key, const Window& window, std::int64_t count, Out<Counted>& out) {
        out.emit({to_ms(window.start), key, count});
      });
}

struct Outcome {
  std::vector<Counted> counts;
  std::uint64_t late = 0;
};

/// Runs a job that makes items from /in, and counts them.
Outcome count(std::uint64_t seed, const SimOptions& options, int files, int lines,
              const std::function<Stream<Item>(Environment&)>& items) {
  sim::World world(seed);
  write_files(world, files, lines);
  const auto counts = std::make_shared<connectors::Collected<Counted>>();
  SimJob job(world, [&](Environment& env) { counts_of(items(env)).collect(counts); }, options);
  const JobResult& ended = job.run();
  EXPECT_EQ(ended.state, JobResult::State::kFinished) << ended.message;
  Outcome outcome{counts->take(), job.job().progress().late};
  std::sort(outcome.counts.begin(), outcome.counts.end());
  return outcome;
}

class Exchange : public testing::TestWithParam<SimOptions> {};

TEST_P(Exchange, BetweenFilesAndTimestampsIsAllowed) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    // Behind the exchange files are mixed: nothing is late only with a large bound.
    const Outcome outcome = count(seed, GetParam(), 5, 40, [](Environment& env) {
      return env.lines("/in").rebalance().parse(parse_item).timestamps(&Item::timestamp, bounded_out_of_orderness(1s));
    });
    ASSERT_EQ(outcome.counts, expected_counts(5, 40));
    ASSERT_EQ(outcome.late, 0U);
  }
}

TEST_P(Exchange, ByAUnionOfSourcesBeforeTheirTimestampsIsAllowed) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const Outcome outcome = count(seed, GetParam(), 3, 40, [](Environment& env) {
      const auto one = env.lines("/in");
      const auto other = env.lines("/in");
      return one.union_with(other).parse(parse_item).timestamps(&Item::timestamp, bounded_out_of_orderness(1s));
    });
    ASSERT_EQ(outcome.counts, expected_counts(6, 40));
    ASSERT_EQ(outcome.late, 0U);
  }
}

TEST_P(Exchange, KeepsTheWatermarksOfAUnionTogether) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const auto with_times = [](const Stream<Line>& lines) {
      return lines.parse(parse_item).timestamps(&Item::timestamp, monotone_timestamps());
    };
    const Outcome outcome = count(seed, GetParam(), 3, 60, [&](Environment& env) {
      return with_times(env.lines("/in")).union_with(with_times(env.lines("/in")).filter([](const Item&) {
        return true;
      }));
    });
    ASSERT_EQ(outcome.counts, expected_counts(6, 60));
    ASSERT_EQ(outcome.late, 0U) << "each file is in order";
  }
}

TEST_P(Exchange, TakesAStreamTwice) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const Outcome outcome = count(seed, GetParam(), 2, 60, [&](Environment& env) {
      const auto items = env.lines("/in").parse(parse_item).timestamps(&Item::timestamp, monotone_timestamps());
      return items.union_with(items);
    });
    ASSERT_EQ(outcome.counts, expected_counts(4, 60));
    ASSERT_EQ(outcome.late, 0U);
  }
}

TEST_P(Exchange, OfABroadcastCarriesWatermarksToo) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    const auto copies = static_cast<int>(GetParam().parallelism);
    const Outcome outcome = count(seed, GetParam(), 2, 60, [&](Environment& env) {
      return env.lines("/in")
          .parse(parse_item)
          .timestamps(&Item::timestamp, monotone_timestamps())
          .broadcast()
          .filter([](const Item&) { return true; });
    });
    ASSERT_EQ(outcome.counts, expected_counts(2 * copies, 60));
    ASSERT_EQ(outcome.late, 0U);
  }
}

TEST_P(Exchange, ServesSeveralConsumersOfOneStream) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const auto doubled = std::make_shared<connectors::Collected<int>>();
    const auto even = std::make_shared<connectors::Collected<int>>();
    const auto all = std::make_shared<connectors::Collected<int>>();
    const JobResult ended = run_in_simulation(
        seed,
        [&](Environment& env) {
          const auto numbers =
              env.generate({.count = 500, .splits = 3}, [](std::uint64_t index) { return static_cast<int>(index); });
          numbers.map([](int number) { return 2 * number; }).collect(doubled);
          numbers.filter([](int number) { return number % 2 == 0; }).parallelism(3).collect(even);
          numbers.collect(all).parallelism(1);
        },
        GetParam());
    ASSERT_EQ(ended.state, JobResult::State::kFinished) << ended.message;
    std::vector<int> expected(500);
    std::iota(expected.begin(), expected.end(), 0);
    auto numbers = all->take();
    std::sort(numbers.begin(), numbers.end());
    ASSERT_EQ(numbers, expected);
    numbers = even->take();
    std::sort(numbers.begin(), numbers.end());
    ASSERT_EQ(numbers.size(), 250U);
    for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], 2 * static_cast<int>(i));
    numbers = doubled->take();
    std::sort(numbers.begin(), numbers.end());
    for (std::size_t i = 0; i < 500; ++i) ASSERT_EQ(numbers[i], 2 * static_cast<int>(i));
  }
}

TEST_P(Exchange, KeepsTheOrderOfOneProducerTowardsOneConsumer) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const auto seen = std::make_shared<connectors::Collected<int>>();
    const JobResult ended = run_in_simulation(
        seed,
        [&](Environment& env) {
          env.from_values([] {
               std::vector<int> numbers(700);
               std::iota(numbers.begin(), numbers.end(), 0);
               return numbers;
             }())
              .map([](int number) { return number; })
              .parallelism(1)
              .map([](int number) { return number; })
              .collect(seen)
              .parallelism(1);
        },
        GetParam());
    ASSERT_EQ(ended.state, JobResult::State::kFinished) << ended.message;
    const std::vector<int> numbers = seen->take();
    ASSERT_EQ(numbers.size(), 700U);
    if (GetParam().parallelism == 1) {
      ASSERT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
    }
  }
}

std::vector<SimOptions> configurations() {
  std::vector<SimOptions> all;
  for (const bool pre_aggregate : {true, false}) {
    for (const std::uint32_t parallelism : {1U, 2U, 4U}) {
      for (const std::size_t batch_size : {1U, 7U, 1024U}) {
        SimOptions options;
        options.parallelism = parallelism;
        options.batch_size = batch_size;
        options.pre_aggregate = pre_aggregate;
        options.workers = 3;
        all.push_back(options);
      }
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Configurations, Exchange, testing::ValuesIn(configurations()), [](const auto& of) {
  return fmt::format("Parallelism{}Batch{}{}", of.param.parallelism, of.param.batch_size,
                     of.param.pre_aggregate ? "" : "Raw");
});

}  // namespace
}  // namespace weir::tests
