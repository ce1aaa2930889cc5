#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
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

/// Purges whenever it fires, or as the trigger that it is: one type for the two, so that less is to be compiled.
template <class Trigger>
class MaybePurging : public Trigger {
  using Context = TriggerContext<detail::TriggerStateOf<Trigger>>;

 public:
  MaybePurging(Trigger trigger, bool purges) : Trigger(std::move(trigger)), purges_(purges) {}

  TriggerResult on_element(const Item& item, Timestamp time, const Window& window, Context& context) const {
    return purged(Trigger::on_element(item, time, window, context));
  }
  TriggerResult on_event_time(Timestamp time, const Window& window, Context& context) const
    requires detail::HasOnEventTime<Trigger>
  {
    return purged(Trigger::on_event_time(time, window, context));
  }

 private:
  TriggerResult purged(TriggerResult result) const {
    return purges_ && fires(result) ? TriggerResult::kFireAndPurge : result;
  }

  bool purges_;
};

/// A CountEvictor or a TimeEvictor.
struct AnyEvictor {
  decltype(CountEvictor::of(0)) count;
  decltype(TimeEvictor::of(Duration{1})) time;
  bool by_time;

  using Items = std::vector<Timestamped<Item>>;

  void evict_before(Items& items, const Window& window, const EvictorContext& context) const {
    by_time ? time.evict_before(items, window, context) : count.evict_before(items, window, context);
  }
  void evict_after(Items& items, const Window& window, const EvictorContext& context) const {
    by_time ? time.evict_after(items, window, context) : count.evict_after(items, window, context);
  }
};

template <class Windowed>
Results evicted(const TriggeredCase& of, const Windowed& windows) {
  if (of.evictor.word == "none") return shown(windows);
  const Evict when = of.evictor.last == "after" ? Evict::kAfter : Evict::kBefore;
  const std::int64_t keep = of.evictor.numbers.at(0);
  const bool by_time = of.evictor.word == "time";
  return shown(windows.evictor(AnyEvictor{CountEvictor::of(keep, when),
                                          TimeEvictor::of(Duration(std::max<std::int64_t>(keep, 1)), when), by_time}));
}

template <class Windowed>
Results triggered(const TriggeredCase& of, const Windowed& windows) {
  constexpr std::string_view kPurging = "purging_";
  std::string_view trigger = of.trigger.word;
  const bool purges = trigger.starts_with(kPurging);
  if (purges) trigger.remove_prefix(kPurging.size());
  if (trigger == "end") return evicted(of, windows.trigger(MaybePurging(EventTimeTrigger(), purges)));
  const std::int64_t number = of.trigger.numbers.at(0);
  if (trigger == "count") return evicted(of, windows.trigger(MaybePurging(CountTrigger::of(number), purges)));
  if (trigger == "continuous")
    return shown(windows.trigger(MaybePurging(ContinuousEventTimeTrigger::of(Duration(number)), purges)));
  throw std::runtime_error("no such trigger: " + of.trigger.word);
}

/// The same gap behind every item, or that which its value says.
struct Gap {
  std::optional<std::int64_t> fixed;

  Duration operator()(const Item& item) const { return Duration(fixed.value_or(item.value)); }
  Duration operator()(const EitherRecord<Item, Item>& item) const {
    return std::visit([this](const Item& either) { return (*this)(either); }, item);
  }
};

Gap gap_of(const TriggeredCase& of) { return of.windows.word == "session" ? Gap{of.windows.numbers.at(0)} : Gap{}; }

SlidingEventTime aligned(const TriggeredCase& of) {
  const std::vector<std::int64_t>& numbers = of.windows.numbers;
  return {Duration(numbers.at(0)), Duration(numbers.at(1)), Duration(numbers.at(2))};
}

template <class Keyed>
Results windowed(const TriggeredCase& of, const Keyed& keyed) {
  const Duration lateness(of.lateness);
  if (of.windows.word == "global") return triggered(of, keyed.window(GlobalWindows::create()));
  if (of.windows.word == "aligned") return triggered(of, keyed.window(aligned(of)).allowed_lateness(lateness));
  const bool plain = of.windows.word == "session" && of.trigger.word == "end" && of.evictor.word == "none";
  if (plain && of.seed % 2 == 0) {
    const Duration gap(of.windows.numbers.at(0));
    return shown(keyed.window(SessionWindows::with_gap(gap)).allowed_lateness(lateness));
  }
  return triggered(of, keyed.window(SessionWindows::with_dynamic_gap(gap_of(of))).allowed_lateness(lateness));
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
    if (of.windows.word == "aligned") {
      apply(keyed.window(aligned(of)));
    } else {
      apply(keyed.window(SessionWindows::with_dynamic_gap(gap_of(of))));
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
    // How far one input has come when a record of the other arrives is not fixed by the records: it decides which are
    // late, and whether one still finds the session that it would prolong.
    const bool depends_on_time = !of.late.empty() || of.windows.word != "aligned";
    if (GetParam().parallelism > 1 && depends_on_time) continue;
    ++joins;
    SCOPED_TRACE(fmt::format("seed {}: {}", of.seed, of.windows.word));
    std::vector<std::string> expected;
    for (const std::string& pair : of.pairs) expected.push_back(pair.substr(pair.find(' ') + 1));
    ASSERT_EQ(sorted(run_join(of, GetParam())), sorted(expected));
  }
  EXPECT_GE(joins, GetParam().parallelism > 1 ? 5U : 40U);
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
