#pragma once

#include <optional>
#include <vector>

#include "weir/core/fields.h"
#include "weir/core/time.h"
#include "weir/stream/windows.h"

namespace weir::detail {

/// The times at which the trigger of a window wants to be called, in one time domain.
struct WindowTimers {
  std::vector<Timestamp> times;  ///< ascending, each once
  /// The key has a timer for this time, at which this window is looked at: not after any of `times`. Timestamp::max():
  /// none.
  Timestamp wake = Timestamp::max();

  /// False: it is set already.
  bool set(Timestamp time);
  /// False: there is none.
  bool cancel(Timestamp time);
  /// Takes the earliest off, if it is at or before `now`.
  std::optional<Timestamp> take_due(Timestamp now);
};
WEIR_FIELDS(WindowTimers, times, wake);

/// A window of a key, with all that is kept of it.
template <class Contents, class TriggerState>
struct WindowEntry {
  Timestamp start{};
  Timestamp end{};
  std::optional<Contents> contents;  ///< none: nothing came yet, or all was purged
  TriggerState trigger{};
  WindowTimers event_timers;
  WindowTimers processing_timers;

  Window window() const { return {start, end}; }

  friend constexpr auto weir_fields(FieldsOf<WindowEntry>) {
    return make_fields<&WindowEntry::start, &WindowEntry::end, &WindowEntry::contents, &WindowEntry::trigger,
                       &WindowEntry::event_timers, &WindowEntry::processing_timers>(
        "WindowEntry", "start, end, contents, trigger, event_timers, processing_timers");
  }
};

}  // namespace weir::detail
