#include "weir/stream/operators/window_entry.h"

#include <algorithm>

namespace weir::detail {

bool WindowTimers::set(Timestamp time) {
  const auto at = std::lower_bound(times.begin(), times.end(), time);
  if (at != times.end() && *at == time) return false;
  times.insert(at, time);
  return true;
}

bool WindowTimers::cancel(Timestamp time) {
  const auto at = std::lower_bound(times.begin(), times.end(), time);
  if (at == times.end() || *at != time) return false;
  times.erase(at);
  return true;
}

std::optional<Timestamp> WindowTimers::take_due(Timestamp now) {
  if (times.empty() || times.front() > now) return std::nullopt;
  const Timestamp time = times.front();
  times.erase(times.begin());
  return time;
}

}  // namespace weir::detail
