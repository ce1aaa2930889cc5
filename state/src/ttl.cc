#include "weir/state/ttl.h"

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::state {

ExpiryClock::ExpiryClock(const StateTtl& ttl, const StateClocks& clocks) : ttl_(ttl), clocks_(clocks) {
  if (ttl.ttl <= Duration::zero() || ttl.ttl > kMaxTimestamp.time_since_epoch())
    throw UserError(fmt::format("a state's time to live is {} ms: it must be positive, and at most {} ms",
                                ttl.ttl.count(), to_ms(kMaxTimestamp)));
}

}  // namespace weir::state
