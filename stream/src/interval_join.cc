#include "weir/stream/interval_join.h"

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::detail {

void check_interval(const JoinInterval& interval) {
  if (interval.lower <= interval.upper) return;
  throw UserError(
      fmt::format("an interval join between {} ms and {} ms, both included, joins nothing: the lower bound must not be "
                  "above the upper one",
                  interval.lower.count(), interval.upper.count()));
}

}  // namespace weir::detail
