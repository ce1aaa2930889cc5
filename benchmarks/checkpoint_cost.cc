#include <chrono>

#include <fmt/format.h>

#include "benchmarks/measure.h"
#include "benchmarks/settings.h"
#include "benchmarks/weir_count.h"

namespace weir::benchmarks {
namespace {

constexpr Duration kInterval{1'000};

/// The tumbling count with a checkpoint every second against itself without. Goal: at most 5 % more CPU.
int checkpoint_cost(int argc, char** argv) {
  Settings defaults;
  // Some seconds a run, so that several checkpoints are taken.
  defaults.events = 400'000'000;
  defaults.rounds = 3;
  Settings settings = parse_settings(argc, argv, defaults);
  settings.slide = settings.window;
  fmt::print("checkpoint_cost: bids per auction in tumbling windows, with and without checkpoints every {} ms\n{}\n",
             kInterval.count(), describe(settings));

  Comparison comparison;
  comparison.add("1 worker", [&] { return run_weir_count(1, settings); });
  comparison.add("1 worker, checkpoints", [&] { return run_weir_count(1, settings, kInterval); });
  comparison.add("2 workers", [&] { return run_weir_count(2, settings); });
  comparison.add("2 workers, checkpoints", [&] { return run_weir_count(2, settings, kInterval); });
  comparison.run(settings.rounds);
  fmt::print("{}\n", comparison.table("1 worker"));
  for (const char* workers : {"1 worker", "2 workers"}) {
    const double without = comparison.cpu_per_million(workers);
    const double with = comparison.cpu_per_million(fmt::format("{}, checkpoints", workers));
    fmt::print("{}: checkpoints cost {:+.1f} % of CPU (goal: at most 5 %)\n", workers, (with / without - 1) * 100);
  }
  return 0;
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) { return weir::benchmarks::run_main(weir::benchmarks::checkpoint_cost, argc, argv); }
