#include <utility>

#include <fmt/format.h>

#include "benchmarks/baselines/generator_alone.h"
#include "benchmarks/baselines/p1.h"
#include "benchmarks/measure.h"
#include "benchmarks/settings.h"

namespace weir::benchmarks {
namespace {

void compare(const Settings& settings) {
  fmt::print("sliding_count: bids per auction in windows that overlap {} times\n{}\n", settings.window / settings.slide,
             describe(settings));
  Comparison comparison;
  comparison.add("generator alone", [&] { return generate_numbers(settings); });
  comparison.add("P1", [&] { return p1_sliding_count(settings); });
  comparison.run(settings.rounds);
  fmt::print("{}\n", comparison.table("P1"));
}

/// Bids per auction in sliding windows of event time: 10 s by 10 s, 10 s by 2 s and 60 s by 1 s, or the one asked for.
int sliding_count(int argc, char** argv) {
  // A window of 1 ms by 1 ms stands for: none was asked for.
  constexpr Duration kNone{1};
  Settings defaults;
  defaults.window = defaults.slide = kNone;
  Settings settings = parse_settings(argc, argv, defaults);
  if (settings.window != kNone) {
    compare(settings);
    return 0;
  }
  for (const auto& [window, slide] : {std::pair{10'000, 10'000}, {10'000, 2'000}, {60'000, 1'000}}) {
    settings.window = Duration{window};
    settings.slide = Duration{slide};
    compare(settings);
  }
  return 0;
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) { return weir::benchmarks::run_main(weir::benchmarks::sliding_count, argc, argv); }
