#include "weir/state/memory_share.h"

#include <algorithm>

namespace weir::state {

MemoryStep MemoryShare::decide(const MemoryFacts& facts) {
  const std::size_t upper = facts.share / 8 * 7;
  const std::size_t lower = facts.share / 4 * 3;
  if (facts.held > upper) evicting_ = true;
  if (facts.held <= lower) evicting_ = false;
  // What has come since may be clean: rows that were read back.
  if (rounds_left_ == 0 && facts.held > stuck_at_ + facts.share / 32) rounds_left_ = kRounds;
  if (evicting_ && rounds_left_ > 0 && facts.may_evict) return MemoryStep::kEvict;
  if (facts.drain_under_way || facts.changed_bytes == 0) return MemoryStep::kNothing;
  const bool stuck = evicting_ && rounds_left_ == 0;
  return stuck || facts.changed_bytes > facts.share / 3 ? MemoryStep::kDrain : MemoryStep::kNothing;
}

void MemoryShare::round_ended(std::size_t held) {
  rounds_left_ = std::max(rounds_left_ - 1, 0);
  stuck_at_ = held;
}

}  // namespace weir::state
