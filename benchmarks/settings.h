#pragma once

#include <cstdint>
#include <string>

#include "weir/connectors/nexmark/generator_config.h"
#include "weir/core/time.h"

namespace weir::benchmarks {

/// What a benchmark of counting bids per auction in windows of event time runs on.
///
/// The defaults make 100 windows of 10 s with about 60 000 auctions each.
struct Settings {
  std::int64_t events = 100'000'000;  ///< people, auctions and bids; 92 of 100 are bids, the records of the benchmark
  std::int64_t rate = 100'000;        ///< events per second of event time
  std::uint64_t seed = 0;
  Timestamp base_time = timestamp_ms(1'700'000'000'000);
  Duration window{10'000};
  Duration slide{10'000};  ///< equal to window: tumbling. Requires: window is a multiple of slide
  std::int64_t keys = 0;   ///< 0: a key for each auction; else bids are counted per auction mod keys
  int rounds = 5;          ///< how often each variant runs
};

/// What a bid is counted under.
inline std::int64_t key_of(std::int64_t auction, std::int64_t keys) { return keys == 0 ? auction : auction % keys; }

/// The command line over `defaults`: --events, --rate, --seed, --window-ms, --slide-ms, --keys, --rounds, each with a
/// value behind it or after "=". Errors: UsageError naming the flag.
Settings parse_settings(int argc, char** argv, const Settings& defaults);

/// What the settings say about the events, shared by every variant.
nexmark::GeneratorConfig generator_config(const Settings& settings);

/// All settings and how the program was compiled, in plain text.
std::string describe(const Settings& settings);

/// A benchmark's main(): prints an error to standard error; returns the exit status, 2 for wrong flags.
int run_main(int (*benchmark)(int argc, char** argv), int argc, char** argv);

}  // namespace weir::benchmarks
