#include <fmt/format.h>

#include "benchmarks/baselines/generator_alone.h"
#include "benchmarks/baselines/p1.h"
#include "benchmarks/measure.h"
#include "benchmarks/settings.h"
#include "benchmarks/weir_count.h"

namespace weir::benchmarks {
namespace {

/// Bids per auction in tumbling windows of 10 s of event time.
int tumbling_count(int argc, char** argv) {
  Settings settings = parse_settings(argc, argv, Settings{});
  settings.slide = settings.window;
  fmt::print("tumbling_count: bids per auction in tumbling windows\n{}\n", describe(settings));

  Comparison comparison;
  comparison.add("generator alone", [&] { return generate_numbers(settings); });
  comparison.add("P1", [&] { return p1_tumbling_count(settings); });
  comparison.add("Weir, 1 worker", [&] { return run_weir_count(1, settings); });
  comparison.add("Weir, 2 workers", [&] { return run_weir_count(2, settings); });
  comparison.run(settings.rounds);
  fmt::print("{}\n", comparison.table("P1"));
  return 0;
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) { return weir::benchmarks::run_main(weir::benchmarks::tumbling_count, argc, argv); }
