#include "weir/connectors/nexmark/generator_config.h"

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::nexmark {
namespace {

constexpr std::int64_t kMostPerGroup = 1'000'000'000;

void require(bool condition, const char* field, auto value, const char* may_be) {
  if (!condition) throw UsageError(fmt::format("nexmark generator: {} is {}, it must be {}", field, value, may_be));
}

}  // namespace

void check(const GeneratorConfig& config) {
  require(in_range(config.base_time), "base_time (ms)", to_ms(config.base_time), "within +-2.5e14 ms of 1970");
  require(config.rate >= 1, "rate", config.rate, "at least 1 event per second");
  require(config.generators >= 1, "generators", config.generators, "at least 1");
  require(config.max_events >= 0 && config.max_events <= kMostEvents, "max_events", config.max_events,
          "0 (no end) to 368934881474191");
  require(config.first_id >= 0 && config.first_id <= kMostEvents, "first_id", config.first_id, "0 to 368934881474191");
  require(config.out_of_order_group >= 1 && config.out_of_order_group <= kMostPerGroup, "out_of_order_group",
          config.out_of_order_group, "1 (in order) to 1000000000");
  require(config.out_of_order_group % kGroupShuffle != 0, "out_of_order_group", config.out_of_order_group,
          "no multiple of 953, with which groups are shuffled");
  const double last_ms = static_cast<double>(to_ms(config.base_time)) +
                         1e3 * static_cast<double>(config.max_events) / static_cast<double>(config.rate);
  require(last_ms < static_cast<double>(to_ms(kMaxTimestamp)), "the time of the last event (ms)", last_ms,
          "below 2.5e14: take fewer events or a higher rate");
}

}  // namespace weir::nexmark
