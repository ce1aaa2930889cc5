#include <fmt/format.h>

#include "benchmarks/baselines/generator_alone.h"
#include "benchmarks/measure.h"
#include "benchmarks/settings.h"

namespace weir::benchmarks {
namespace {

/// What it costs to make a bid, without its texts and with them.
int generator_cost(int argc, char** argv) {
  Settings defaults;
  defaults.events = 20'000'000;
  const Settings settings = parse_settings(argc, argv, defaults);
  fmt::print("generator_cost: making bids and looking at none\n{}\n", describe(settings));

  Comparison comparison;
  comparison.add("numbers", [&] { return generate_numbers(settings); });
  comparison.add("whole bids", [&] { return generate_whole_bids(settings); });
  comparison.run(settings.rounds);
  fmt::print("{}\n", comparison.table("numbers"));
  return 0;
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) { return weir::benchmarks::run_main(weir::benchmarks::generator_cost, argc, argv); }
