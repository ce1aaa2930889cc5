#include "benchmarks/settings.h"

#include <charconv>
#include <cstdio>
#include <exception>
#include <string_view>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::benchmarks {
namespace {

constexpr std::string_view kFlags = "--events, --rate, --seed, --window-ms, --slide-ms, --keys, --rounds";

std::int64_t number(std::string_view flag, std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0)
    throw UsageError(fmt::format("{}: \"{}\" is no whole number from 0 on", flag, text));
  return value;
}

void set(Settings& settings, std::string_view flag, std::int64_t value) {
  if (flag == "--events") {
    settings.events = value;
  } else if (flag == "--rate") {
    settings.rate = value;
  } else if (flag == "--seed") {
    settings.seed = static_cast<std::uint64_t>(value);
  } else if (flag == "--window-ms") {
    settings.window = Duration{value};
  } else if (flag == "--slide-ms") {
    settings.slide = Duration{value};
  } else if (flag == "--keys") {
    settings.keys = value;
  } else if (flag == "--rounds") {
    settings.rounds = static_cast<int>(value);
  } else {
    throw UsageError(fmt::format("unknown flag {}; there are {}", flag, kFlags));
  }
}

void require(bool condition, std::string_view sentence) {
  if (!condition) throw UsageError(std::string(sentence));
}

}  // namespace

Settings parse_settings(int argc, char** argv, const Settings& defaults) {
  Settings settings = defaults;
  for (int i = 1; i < argc; ++i) {
    std::string_view flag = argv[i];
    const std::size_t equals = flag.find('=');
    std::string_view value;
    if (equals != std::string_view::npos) {
      value = flag.substr(equals + 1);
      flag = flag.substr(0, equals);
    } else if (++i < argc) {
      value = argv[i];
    } else {
      throw UsageError(fmt::format("{} needs a value; there are {}", flag, kFlags));
    }
    set(settings, flag, number(flag, value));
  }
  require(settings.events > 0, "--events must be at least 1");
  require(settings.rounds > 0 && settings.rounds <= 1'000, "--rounds must be 1 to 1000");
  require(settings.slide.count() > 0, "--slide-ms must be at least 1");
  require(settings.window.count() > 0 && settings.window % settings.slide == Duration{0},
          "--window-ms must be a multiple of --slide-ms");
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
