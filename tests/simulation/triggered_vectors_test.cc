#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/weir.h"

#include "kit/sim_job.h"
#include "kit/triggered_case.h"

// Sessions, global windows, triggers and evictors against the reference interpreter (tests/oracle/triggered.py), which
// shares no code with the engine: one split with watermarks at fixed places, so that the results of each key are exact,
// and in order, at every parallelism.

namespace weir::tests {
namespace {

struct Item {
  bool is_watermark = false;
  std::int64_t time = 0;
  std::string key;
  std::int64_t value = 0;

  Timestamp timestamp() const { return timestamp_ms(time); }
};
WEIR_FIELDS(Item, is_watermark, time, key, value);

struct Shown {
  std::string key;
  std::string text;
};

/// Watermarks stand where the case has put them.
class InBand final : public WatermarkGenerator<Item> {
 public:
  std::optional<Watermark> on_record(const Item& item, Timestamp timestamp) override {
    if (!item.is_watermark) return std::nullopt;
    return Watermark(timestamp);
  }
};

using Results = WindowResults<Shown, Item>;

template <class Windowed>
Results shown(const Windowed& windows) {
  return windows.process(
      [](const std::string& key, const Window& window, const std::vector<Item>& items, Out<Shown>& out) {
        const bool global = window.start == kMinTimestamp;
        std::string text = fmt::format("{} {} {} ", to_ms(window.start), to_ms(window.end),
                                       global ? std::to_string(to_ms(out.timestamp())) : "-");
        for (const Item& item : items) text += (text.back() == ' ' ? "" : ",") + std::to_string(item.value);
        out.emit({key, text});
      });
}

template <class Windowed>
Results evicted(const TriggeredCase& of, const Windowed& windows) {
  if (of.evictor.word == "none") return shown(windows);
  const Evict when = of.evictor.last == "after" ? Evict::kAfter : Evict::kBefore;
  const std::int64_t keep = of.evictor.numbers.at(0);
  if (of.evictor.word == "count") return shown(windows.evictor(CountEvictor::of(keep, when)));
  return shown(windows.evictor(TimeEvictor::of(Duration(keep), when)));
}

template <class Windowed>
Results triggered(const TriggeredCase& of, const Windowed& windows) {
  const std::string& trigger = of.trigger.word;
  if (trigger == "end") return evicted(of, windows.trigger(EventTimeTrigger()));
  if (trigger == "purging_end") return evicted(of, windows.trigger(PurgingTrigger::of(EventTimeTrigger())));
  const std::int64_t number = of.trigger.numbers.at(0);
  if (trigger == "count") return evicted(of, windows.trigger(CountTrigger::of(number)));
  if (trigger == "purging_count") return evicted(of, windows.trigger(PurgingTrigger::of(CountTrigger::of(number))));
  const auto continuous = ContinuousEventTimeTrigger::of(Duration(number));
  if (trigger == "continuous") return shown(windows.trigger(continuous));
  if (trigger == "purging_continuous") return shown(windows.trigger(PurgingTrigger::of(continuous)));
  throw std::runtime_error("no such trigger: " + trigger);
}

template <class Keyed>
Results windowed(const TriggeredCase& of, const Keyed& keyed) {
  const std::vector<std::int64_t>& numbers = of.windows.numbers;
  const Duration lateness(of.lateness);
  if (of.windows.word == "session") {
    const auto windows = keyed.window(SessionWindows::with_gap(Duration(numbers.at(0)))).allowed_lateness(lateness);
    const bool plain = of.trigger.word == "end" && of.evictor.word == "none" && of.seed % 2 == 0;
    return plain ? shown(windows) : triggered(of, windows);
  }
  if (of.windows.word == "dynamic") {
    const auto gap = [](const Item& item) { return Duration(item.value); };
    return triggered(of, keyed.window(SessionWindows::with_dynamic_gap(gap)).allowed_lateness(lateness));
  }
  if (of.windows.word == "global") return triggered(of, keyed.window(GlobalWindows::create()));
  const SlidingEventTime aligned{Duration(numbers.at(0)), Duration(numbers.at(1)), Duration(numbers.at(2))};
  return triggered(of, keyed.window(aligned).allowed_lateness(lateness));
}

struct Outcome {
  std::map<std::string, std::vector<std::string>> results;
  std::vector<std::string> late;
};

Outcome run_case(const TriggeredCase& of, const SimOptions& options) {
  std::vector<Item> items;
  for (const VectorItem& item : of.input) items.push_back({item.is_watermark, item.time, item.key, item.value});
  const auto results = std::make_shared<connectors::Collected<Shown>>();
  const auto late = std::make_shared<connectors::Collected<Item>>();
  const auto job = [&](Environment& env) {
    const auto keyed = env.from_values(items)
                           .timestamps(&Item::timestamp, [] { return std::make_unique<InBand>(); })
                           .parallelism(1)
                           .filter([](const Item& item) { return !item.is_watermark; })
                           .parallelism(1)
                           .key_by(&Item::key);
    const Results all = windowed(of, keyed);
    all.collect(results).parallelism(1);
    all.late().collect(late).parallelism(1);
  };
  const runtime::JobResult ended = run_in_simulation(of.seed, job, options);
  EXPECT_EQ(ended.state, runtime::JobResult::State::kFinished) << ended.message;
  Outcome outcome;
  for (const Shown& result : results->snapshot()) outcome.results[result.key].push_back(result.text);
  for (const Item& item : late->snapshot())
    outcome.late.push_back(fmt::format("{} {} {}", item.time, item.key, item.value));
  return outcome;
}

std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// Items with even values joined with those with odd ones.
std::vector<std::string> run_join(const TriggeredCase& of, const SimOptions& options) {
  std::vector<Item> items;
  for (const VectorItem& item : of.input) items.push_back({item.is_watermark, item.time, item.key, item.value});
  const auto pairs = std::make_shared<connectors::Collected<std::string>>();
  const auto job = [&](Environment& env) {
    const auto all = env.from_values(items)
                         .timestamps(&Item::timestamp, [] { return std::make_unique<InBand>(); })
                         .parallelism(1)
                         .filter([](const Item& item) { return !item.is_watermark; })
                         .parallelism(1);
    const auto even = all.filter([](const Item& item) { return item.value % 2 == 0; }).parallelism(1);
    const auto odd = all.filter([](const Item& item) { return item.value % 2 != 0; }).parallelism(1);
    const auto keyed = even.join(odd).where(&Item::key).equal_to(&Item::key);
    const auto apply = [&](const auto& windows) {
      windows
          .apply([](const Item& left, const Item& right, Out<std::string>& out) {
            out.emit(fmt::format("{} {} {} {}", to_ms(out.timestamp()) + 1, left.key, left.value, right.value));
          })
          .collect(pairs)
          .parallelism(1);
    };
    const std::vector<std::int64_t>& numbers = of.windows.numbers;
    if (of.windows.word == "session") {
      apply(keyed.window(SessionWindows::with_gap(Duration(numbers.at(0)))));
    } else if (of.windows.word == "dynamic") {
      apply(keyed.window(SessionWindows::with_dynamic_gap([](const EitherRecord<Item, Item>& item) {
        return std::visit([](const Item& of_either) { return Duration(of_either.value); }, item);
      })));
    } else {
      apply(keyed.window(SlidingEventTime{Duration(numbers.at(0)), Duration(numbers.at(1)), Duration(numbers.at(2))}));
    }
  };
  const runtime::JobResult ended = run_in_simulation(of.seed, job, options);
  EXPECT_EQ(ended.state, runtime::JobResult::State::kFinished) << ended.message;
  return pairs->snapshot();
}

class TriggeredVectors : public testing::TestWithParam<SimOptions> {};

TEST_P(TriggeredVectors, GiveWhatTheReferenceGives) {
  const std::vector<TriggeredCase> cases = read_triggered_cases(WEIR_TRIGGERED_VECTORS);
  ASSERT_GE(cases.size(), 600U);
  for (const TriggeredCase& of : cases) {
    SCOPED_TRACE(
        fmt::format("seed {}: {}, {}, evictor {}", of.seed, of.windows.word, of.trigger.word, of.evictor.word));
    const Outcome outcome = run_case(of, GetParam());
    ASSERT_EQ(outcome.results, of.results);
    ASSERT_EQ(sorted(outcome.late), sorted(of.late));
  }
}

TEST_P(TriggeredVectors, GiveTheJoinThatTheReferenceGives) {
  std::size_t joins = 0;
  for (const TriggeredCase& of : read_triggered_cases(WEIR_TRIGGERED_VECTORS)) {
    if (!of.joins) continue;
    ++joins;
    SCOPED_TRACE(fmt::format("seed {}: {}", of.seed, of.windows.word));
    std::vector<std::string> expected;
    for (const std::string& pair : of.pairs) expected.push_back(pair.substr(pair.find(' ') + 1));
    ASSERT_EQ(sorted(run_join(of, GetParam())), sorted(expected));
  }
  EXPECT_GE(joins, 40U);
}

std::vector<SimOptions> configurations() {
  std::vector<SimOptions> all(3);
  all[0].batch_size = 1;
  all[1].batch_size = 7;
  all[1].parallelism = 3;
  all[2].parallelism = 2;
  return all;
}

INSTANTIATE_TEST_SUITE_P(BatchesAndParallelism, TriggeredVectors, testing::ValuesIn(configurations()),
                         [](const auto& of) {
                           return fmt::format("Batch{}Parallelism{}", of.param.batch_size, of.param.parallelism);
                         });

}  // namespace
}  // namespace weir::tests
