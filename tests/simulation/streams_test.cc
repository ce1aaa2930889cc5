#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/weir.h"

#include "kit/sim_job.h"

// What streams do with records, apart from windows: whole jobs in the simulated world, at several parallelisms.

namespace weir::tests {
namespace {

using namespace std::chrono_literals;

template <class T>
std::vector<T> sorted(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return values;
}

class Streams : public testing::TestWithParam<std::uint32_t> {
 protected:
  /// Requires: the job ends by itself.
  void run(const std::function<void(Environment&)>& job) {
    SimOptions options;
    options.parallelism = GetParam();
    options.batch_size = 3;
    const runtime::JobResult ended = run_in_simulation(7, job, options);
    ASSERT_EQ(ended.state, runtime::JobResult::State::kFinished) << ended.message;
  }
};

TEST_P(Streams, CarryWhatAGeneratorMakes) {
  const auto seen = std::make_shared<connectors::Collected<int>>();
  run([&](Environment& env) {
    env.generate({.count = 10, .splits = 2}, [](std::uint64_t index) { return static_cast<int>(index); })
        .map([](int number) { return number * 10; })
        .filter([](int number) { return number >= 50; })
        .collect(seen);
  });
  EXPECT_EQ(sorted(seen->take()), (std::vector{50, 60, 70, 80, 90}));
}

TEST_P(Streams, PartInTwoAndJoinAgain) {
  const auto odd = std::make_shared<connectors::Collected<std::string>>();
  const auto all = std::make_shared<connectors::Collected<int>>();
  run([&](Environment& env) {
    const auto numbers = env.from_values<int>({1, 2, 3, 4});
    const auto parted = numbers.flat_map([](int number, Out<int>& even, Out<std::string>& other) {
      if (number % 2 == 0) {
        even.emit(number);
      } else {
        other.emit(std::to_string(number));
      }
    });
    parted.side.collect(odd);
    parted.main.union_with(numbers).rebalance().collect(all);
  });
  EXPECT_EQ(sorted(odd->take()), (std::vector<std::string>{"1", "3"}));
  EXPECT_EQ(sorted(all->take()), (std::vector{1, 2, 2, 3, 4, 4}));
}

TEST_P(Streams, BroadcastEveryRecordToEverySubtask) {
  const auto seen = std::make_shared<connectors::Collected<int>>();
  run([&](Environment& env) { env.from_values<int>({1, 2}).broadcast().collect(seen); });
  std::vector<int> expected(GetParam(), 1);
  expected.insert(expected.end(), GetParam(), 2);
  EXPECT_EQ(sorted(seen->take()), expected);
}

TEST_P(Streams, CountRecordsThatAreNoStructs) {
  const auto seen = std::make_shared<connectors::Collected<std::pair<int, std::int64_t>>>();
  run([&](Environment& env) {
    env.from_values<int>({1, 2, 1, 3, 1})
        .timestamps([](int number) { return timestamp_ms(number); }, bounded_out_of_orderness(10ms))
        .key_by([](int number) { return number; })
        .window(TumblingEventTime{100ms})
        .count([](int key, const Window&, std::int64_t count, Out<std::pair<int, std::int64_t>>& out) {
          out.emit({key, count});
        })
        .collect(seen);
  });
  EXPECT_EQ(sorted(seen->take()), (std::vector<std::pair<int, std::int64_t>>{{1, 3}, {2, 1}, {3, 1}}));
}

TEST_P(Streams, TakeTheEventTimeOfTheirSource) {
  const auto seen = std::make_shared<connectors::Collected<std::int64_t>>();
  run([&](Environment& env) {
    const auto number = [](std::uint64_t index) { return static_cast<int>(index); };
    const auto time = [](std::uint64_t index) { return timestamp_ms(static_cast<std::int64_t>(index) * 10); };
    env.from_source<int>(connectors::generator({.count = 4}, number, time), "Numbers")
        .watermarks(monotone_timestamps())
        .key_by([](int) { return true; })
        .window(TumblingEventTime{20ms})
        .count([](bool, const Window& window, std::int64_t count, Out<std::int64_t>& out) {
          out.emit(to_ms(window.start) * 100 + count);
        })
        .collect(seen);
  });
  EXPECT_EQ(sorted(seen->take()), (std::vector<std::int64_t>{2, 2002}));
}

/// The mean of numbers, by an accumulator that can be merged.
struct Mean {
  struct Accumulator {
    std::int64_t sum = 0;
    std::int64_t count = 0;
  };
  Accumulator create() const { return {}; }
  void add(Accumulator& into, int number) const {
    into.sum += number;
    ++into.count;
  }
  void merge(Accumulator& into, const Accumulator& from) const {
    into.sum += from.sum;
    into.count += from.count;
  }
  double result(const Accumulator& from) const {
    return static_cast<double>(from.sum) / static_cast<double>(from.count);
  }
};
WEIR_FIELDS(Mean::Accumulator, sum, count);

TEST_P(Streams, AggregateByAStructOfTheUsers) {
  const auto seen = std::make_shared<connectors::Collected<double>>();
  run([&](Environment& env) {
    env.from_values<int>({1, 2, 3, 10})
        .timestamps([](int number) { return timestamp_ms(number); }, monotone_timestamps())
        .key_by([](int) { return true; })
        .window(SlidingEventTime{10ms, 5ms})
        .aggregate(Mean{})
        .collect(seen);
  });
  // [-5, 5) and [0, 10) hold 1, 2, 3; [5, 15) and [10, 20) hold 10.
  EXPECT_EQ(sorted(seen->take()), (std::vector{2.0, 2.0, 10.0, 10.0}));
}

INSTANTIATE_TEST_SUITE_P(Parallelism, Streams, testing::Values(1U, 3U),
                         [](const auto& of) { return fmt::format("Parallelism{}", of.param); });

}  // namespace
}  // namespace weir::tests
