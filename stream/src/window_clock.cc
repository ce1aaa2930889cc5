#include "weir/stream/operators/window_clock.h"

#include <algorithm>

#include "weir/core/snapshot.h"

namespace weir::detail {

void WindowClock::save(SavedValues& values) const { values.put("clock", now_.time()); }

void WindowClock::restore(const SavedValues& values) {
  if (const auto saved = values.get<Timestamp>("clock")) now_ = std::max(now_, Watermark(*saved));
}

}  // namespace weir::detail
