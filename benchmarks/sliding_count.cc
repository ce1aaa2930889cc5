#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "benchmarks/baselines/p1.h"
#include "benchmarks/measure.h"
#include "benchmarks/settings.h"
#include "benchmarks/weir_count.h"

namespace weir::benchmarks {
namespace {

/// Prints the table, and returns Weir's CPU seconds for a million records with one worker.
double compare(const Settings& settings) {
  fmt::print("sliding_count: bids per key in windows that overlap {} times\n{}\n", settings.window / settings.slide,
             describe(settings));
  Comparison comparison;
  comparison.add("P1", [&] { return p1_sliding_count(settings); });
  comparison.add("Weir, 1 worker", [&] { return run_weir_count(1, settings); });
  comparison.add("Weir, 2 workers", [&] { return run_weir_count(2, settings); });
  comparison.run(settings.rounds);
  fmt::print("{}\n", comparison.table("P1"));
  return comparison.cpu_per_million("Weir, 1 worker");
}

/// Bids per key in sliding windows of event time: 10 s by 10 s, 10 s by 2 s and 60 s by 1 s, or the one asked for. A
/// fixed number of keys, so that windows that overlap more often do not put out much more.
int sliding_count(int argc, char** argv) {
  // A window of 1 ms by 1 ms stands for: none was asked for.
  constexpr Duration kNone{1};
  Settings defaults;
  defaults.window = defaults.slide = kNone;
  defaults.keys = 1000;
  Settings settings = parse_settings(argc, argv, defaults);
  if (settings.window != kNone) {
    compare(settings);
    return 0;
  }
  double least = 0;
  double most = 0;
  for (const auto& [window, slide] : {std::pair{10'000, 10'000}, {10'000, 2'000}, {60'000, 1'000}}) {
    settings.window = Duration{window};
    settings.slide = Duration{slide};
    const double cost = compare(settings);
    least = least == 0 ? cost : std::min(least, cost);
    most = std::max(most, cost);
  }
  fmt::print("cost of a record, Weir with 1 worker, overlap 1, 5 and 60: dearest / cheapest = {:.2f}\n", most / least);
  return 0;
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) { return weir::benchmarks::run_main(weir::benchmarks::sliding_count, argc, argv); }
