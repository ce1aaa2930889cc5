#include "weir/stream/operators/window_clock.h"

#include <algorithm>
#include <string>

#include "weir/core/error.h"
#include "weir/core/snapshot.h"

namespace weir::detail {

void WindowClock::save(SavedValues& values) const {
  values.put("clock", now_.time());
  values.put("windows", layout_.describe());
}

void WindowClock::restore(const SavedValues& values) {
  check_windows(values);
  if (const auto saved = values.get<Timestamp>("clock")) now_ = std::max(now_, Watermark(*saved));
}

std::vector<WindowClock::AtKeyGroups> WindowClock::times_of(const std::vector<SavedValues>& before,
                                                            std::uint32_t key_groups) const {
  std::vector<AtKeyGroups> times;
  for (const SavedValues& values : before) {
    check_windows(values);
    const SubtaskIndex subtask(static_cast<std::uint32_t>(times.size()));
    times.push_back({key_groups_of(subtask, static_cast<std::uint32_t>(before.size()), key_groups),
                     Watermark(values.get<Timestamp>("clock").value_or(Timestamp::min()))});
  }
  return times;
}

void WindowClock::check_windows(const SavedValues& values) const {
  const auto saved = values.get<std::string>("windows");
  if (!saved || *saved == layout_.describe()) return;
  throw UserError("the checkpoint is of a job with the windows " + *saved + ", this job has " + layout_.describe() +
                  ": go on with those, or give the operator another name() to begin with empty windows");
}

}  // namespace weir::detail
