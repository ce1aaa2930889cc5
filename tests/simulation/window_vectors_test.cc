#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/weir.h"

#include "kit/sim_job.h"
#include "kit/window_case.h"

// Windows, lateness and aggregates against the reference interpreter (tests/oracle), which shares no code with the
// engine: one split with watermarks at fixed places, so that results and late records are exact at every parallelism.

namespace weir::tests {
namespace {

struct Item {
  bool is_watermark;
  std::int64_t time;
  std::string key;
  std::int64_t value;
  std::string values;

  Timestamp timestamp() const { return timestamp_ms(time); }
};
WEIR_FIELDS(Item, is_watermark, time, key, value, values);

/// Watermarks stand where the case has put them.
class InBand final : public WatermarkGenerator<Item> {
 public:
  std::optional<Watermark> on_record(const Item& item, Timestamp timestamp) override {
    if (!item.is_watermark) return std::nullopt;
    return Watermark(timestamp);
  }
};

struct Outcome {
  std::vector<VectorResult> results;
  std::vector<VectorItem> late;
};

std::string joined(std::vector<std::string> parts) {
  std::sort(parts.begin(), parts.end());
  std::string all;
  for (const std::string& part : parts) all += (all.empty() ? "" : ",") + part;
  return all;
}

std::string in_any_order(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream words(list);
  for (std::string part; std::getline(words, part, ',');) parts.push_back(part);
  return joined(parts);
}

VectorResult result_of(const std::string& key, const Window& window, std::string value) {
  return {to_ms(window.start), to_ms(window.end), key, std::move(value)};
}

WindowLayout layout_of(const WindowCase& of) {
  return {WindowLayout::Time::kEvent, Duration(of.size), Duration(of.slide), Duration(of.offset)};
}

/// The case's aggregation: every one gives VectorResults.
template <class Windowed>
auto aggregated(const Windowed& windows, const std::string& aggregate) {
  const auto of_value = [](const std::string& key, const Window& window, const Item& item, Out<VectorResult>& out) {
    out.emit(result_of(key, window, std::to_string(item.value)));
  };
  if (aggregate == "sum") return windows.sum(&Item::value, of_value);
  if (aggregate == "min") return windows.min(&Item::value, of_value);
  if (aggregate == "max") return windows.max(&Item::value, of_value);
  if (aggregate == "count") {
    return windows.count([](const std::string& key, const Window& window, std::int64_t count, Out<VectorResult>& out) {
      out.emit(result_of(key, window, std::to_string(count)));
    });
  }
  if (aggregate == "reduce") {
    return windows.reduce(
        [](const Item& a, const Item& b) {
          Item both = a;
          both.values += "," + b.values;
          return both;
        },
        [](const std::string& key, const Window& window, const Item& item, Out<VectorResult>& out) {
          out.emit(result_of(key, window, in_any_order(item.values)));
        });
  }
  return windows.process(
      [](const std::string& key, const Window& window, const std::vector<Item>& items, Out<VectorResult>& out) {
        std::vector<std::string> parts;
        for (const Item& item : items) parts.push_back(item.values);
        out.emit(result_of(key, window, joined(parts)));
      });
}

Outcome run_case(const WindowCase& of, const SimOptions& options) {
  std::vector<Item> items;
  for (const VectorItem& item : of.input)
    items.push_back({item.is_watermark, item.time, item.key, item.value, std::to_string(item.value)});
  const auto results = std::make_shared<connectors::Collected<VectorResult>>();
  const auto late = std::make_shared<connectors::Collected<Item>>();
  const auto job = [&](Environment& env) {
    auto windows = env.from_values(items)
                       .timestamps(&Item::timestamp, [] { return std::make_unique<InBand>(); })
                       .parallelism(1)
                       .filter([](const Item& item) { return !item.is_watermark; })
                       .parallelism(1)
                       .key_by(&Item::key)
                       .window(layout_of(of))
                       .allowed_lateness(Duration(of.lateness));
    const auto counts = aggregated(windows, of.aggregate);
    counts.collect(results).parallelism(1);
    counts.late().collect(late).parallelism(1);
  };
  const runtime::JobResult ended = run_in_simulation(of.seed, job, options);
  EXPECT_EQ(ended.state, runtime::JobResult::State::kFinished) << ended.message;
  Outcome outcome;
  outcome.results = results->snapshot();
  for (const Item& item : late->snapshot()) outcome.late.push_back({false, item.time, item.key, item.value});
  return outcome;
}

std::vector<VectorResult> normal(std::vector<VectorResult> results, const std::string& aggregate) {
  if (aggregate == "reduce" || aggregate == "process")
    for (VectorResult& result : results) result.value = in_any_order(result.value);
  std::sort(results.begin(), results.end());
  return results;
}

std::vector<std::string> lines(const std::vector<VectorItem>& items) {
  std::vector<std::string> lines;
  for (const VectorItem& item : items) lines.push_back(fmt::format("{} {} {}", item.time, item.key, item.value));
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::int64_t> window_ends(const std::vector<VectorResult>& results) {
  std::vector<std::int64_t> ends;
  for (const VectorResult& result : results) ends.push_back(result.end);
  return ends;
}

class WindowVectors : public testing::TestWithParam<SimOptions> {};

TEST_P(WindowVectors, GiveWhatTheReferenceGives) {
  const std::vector<WindowCase> cases = read_window_cases(WEIR_VECTORS);
  ASSERT_GE(cases.size(), 500U);
  for (const WindowCase& of : cases) {
    SCOPED_TRACE(fmt::format("seed {}, {}", of.seed, of.aggregate));
    const Outcome outcome = run_case(of, GetParam());
    ASSERT_EQ(normal(outcome.results, of.aggregate), normal(of.results, of.aggregate));
    ASSERT_EQ(lines(outcome.late), lines(of.late));
    if (GetParam().parallelism == 1) {
      ASSERT_EQ(window_ends(outcome.results), window_ends(of.results)) << "windows fired in another order";
    }
  }
}

std::vector<SimOptions> configurations() {
  std::vector<SimOptions> all;
  for (const std::size_t batch_size : {1, 7, 1024}) {
    for (const std::uint32_t parallelism : {1U, 2U, 4U}) {
      SimOptions options;
      options.batch_size = batch_size;
      options.parallelism = parallelism;
      all.push_back(options);
      options.pre_aggregate = false;
      if (batch_size == 7) all.push_back(options);
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(BatchesAndParallelism, WindowVectors, testing::ValuesIn(configurations()), [](const auto& of) {
  return fmt::format("Batch{}Parallelism{}{}", of.param.batch_size, of.param.parallelism,
                     of.param.pre_aggregate ? "" : "Raw");
});

}  // namespace

void PrintTo(const VectorResult& result, std::ostream* out) {
  *out << result.start << ' ' << result.end << ' ' << result.key << ' ' << result.value;
}

}  // namespace weir::tests
