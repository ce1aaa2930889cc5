#include "benchmarks/baselines/generator_alone.h"

#include <vector>

#include "weir/connectors/nexmark/bid_cursor.h"

namespace weir::benchmarks {
namespace {

constexpr std::size_t kBatch = 1024;

template <class Record, class... Arenas>
Result generate(const Settings& settings, Arenas&... arenas) {
  nexmark::BidCursor cursor(nexmark::Generator(generator_config(settings), 0));
  std::vector<Record> bids(kBatch);
  std::vector<Timestamp> timestamps(kBatch);
  Result result;
  while (const std::size_t n = cursor.fill(bids.data(), timestamps.data(), kBatch, arenas...)) {
    result.records += static_cast<std::int64_t>(n);
    (arenas.clear(), ...);
  }
  return result;
}

}  // namespace

Result generate_numbers(const Settings& settings) { return generate<nexmark::BidNumbers>(settings); }

Result generate_whole_bids(const Settings& settings) {
  Arena arena;
  return generate<nexmark::Bid>(settings, arena);
}

}  // namespace weir::benchmarks
