#include "weir/stream/operators/window_clock.h"

#include <algorithm>

#include "weir/core/snapshot.h"

namespace weir::detail {

void WindowClock::save(SavedValues& values) const { values.put("clock", now_.time()); }

void WindowClock::restore(const SavedValues& values) {
  if (const auto saved = values.get<Timestamp>("clock")) now_ = std::max(now_, Watermark(*saved));
}

std::vector<WindowClock::AtKeyGroups> WindowClock::times_of(const std::vector<SavedValues>& before,
                                                            std::uint32_t key_groups) {
  std::vector<AtKeyGroups> times;
  for (const SavedValues& values : before) {
    const SubtaskIndex subtask(static_cast<std::uint32_t>(times.size()));
    times.push_back({key_groups_of(subtask, static_cast<std::uint32_t>(before.size()), key_groups),
                     Watermark(values.get<Timestamp>("clock").value_or(Timestamp::min()))});
  }
  return times;
}

}  // namespace weir::detail
