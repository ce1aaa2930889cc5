#include "benchmarks/settings.h"

#include <cstdio>
#include <exception>
#include <string_view>

#include <fmt/format.h>

#include "weir/core/error.h"

#include "benchmarks/flags.h"

namespace weir::benchmarks {
namespace {

void require(bool condition, std::string_view sentence) {
  if (!condition) throw UsageError(std::string(sentence));
}

}  // namespace

Settings parse_settings(int argc, char** argv, const Settings& defaults) {
  Settings settings = defaults;
  auto seed = static_cast<std::int64_t>(settings.seed);
  std::int64_t window_ms = settings.window.count();
  std::int64_t slide_ms = settings.slide.count();
  std::int64_t rounds = settings.rounds;
  const Flag flags[] = {{"--events", &settings.events, 1}, {"--rate", &settings.rate, 1}, {"--seed", &seed},
                        {"--window-ms", &window_ms, 1},    {"--slide-ms", &slide_ms, 1},  {"--keys", &settings.keys},
                        {"--rounds", &rounds, 1, 1'000}};
  parse_flags(argc, argv, flags);
  settings.seed = static_cast<std::uint64_t>(seed);
  settings.window = Duration{window_ms};
  settings.slide = Duration{slide_ms};
  settings.rounds = static_cast<int>(rounds);
  require(settings.window % settings.slide == Duration{0}, "--window-ms must be a multiple of --slide-ms");
  return settings;
}

nexmark::GeneratorConfig generator_config(const Settings& settings) {
  nexmark::GeneratorConfig config;
  config.seed = settings.seed;
  config.base_time = settings.base_time;
  config.rate = settings.rate;
  config.max_events = settings.events;
  return config;
}

std::string describe(const Settings& settings) {
  const double seconds = static_cast<double>(settings.events) / static_cast<double>(settings.rate);
  std::string text = fmt::format(
      "events {} (46 of 50 are bids), rate {}/s of event time, that is {:.0f} s or {:.0f} windows\n"
      "window {} ms, slide {} ms, keys {}, seed {}, base time {} ms, rounds {}\n"
      "compiled with {}\n",
      settings.events, settings.rate, seconds, seconds * 1e3 / static_cast<double>(settings.slide.count()),
      settings.window.count(), settings.slide.count(),
      settings.keys == 0 ? "all auctions" : fmt::format("auction mod {}", settings.keys), settings.seed,
      to_ms(settings.base_time), settings.rounds, WEIR_COMPILED_WITH);
#ifndef NDEBUG
  text += "NOT the release preset: do not quote these numbers\n";
#endif
  return text;
}

int run_main(int (*benchmark)(int argc, char** argv), int argc, char** argv) {
  try {
    return benchmark(argc, argv);
  } catch (const UsageError& error) {
    fmt::print(stderr, "{}: {}\n", argv[0], error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", argv[0], error.what());
    return 1;
  }
}

}  // namespace weir::benchmarks
