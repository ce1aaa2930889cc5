#include "weir/checkpoint/trigger_time.h"

#include <algorithm>

namespace weir::checkpoint {
namespace {

constexpr Duration kFirstPause{1000};
constexpr Duration kLongestPause{10'000};

Duration pause_after(std::uint32_t failures, Duration interval) {
  if (failures == 0) return Duration{0};
  constexpr std::uint32_t kDoublings = 20;
  return std::min(std::min(interval, kFirstPause) * (1 << std::min(failures - 1, kDoublings)), kLongestPause);
}

}  // namespace

MonotonicTime next_trigger(const TriggerFacts& facts, const Options& options) {
  if (facts.asked) return facts.now;
  MonotonicTime when = facts.exhausted ? facts.now : facts.last_trigger + options.interval;
  if (facts.last_end) {
    // The first final checkpoint waits for nothing.
    if (!facts.exhausted || facts.final_failed) when = std::max(when, *facts.last_end + options.minimum_pause);
    when = std::max(when, *facts.last_end + pause_after(facts.failed_in_a_row, options.interval));
  }
  return std::max(facts.now, when);
}

}  // namespace weir::checkpoint
