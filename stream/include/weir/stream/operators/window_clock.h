#pragma once

#include <vector>

#include "weir/core/key_groups.h"
#include "weir/core/time.h"
#include "weir/stream/windows.h"

namespace weir {

class SavedValues;

}  // namespace weir

namespace weir::detail {

/// What time it is for a window operator, and what that means for slices and windows: pure decisions.
///
/// A window fires when the watermark reaches its largest timestamp, and its state lives for the allowed lateness
/// longer.
class WindowClock {
 public:
  WindowClock(WindowLayout layout, Duration lateness) : layout_(layout), lateness_(lateness) {}

  const WindowLayout& layout() const { return layout_; }
  Watermark now() const { return now_; }
  void set(Watermark now) { now_ = now; }

  void save(SavedValues& values) const;
  /// Requires: no record was counted yet. Errors: UserError naming both when the values are of other windows: slices of
  /// one size are none of another.
  void restore(const SavedValues& values);

  /// What time it was for the key groups of one subtask.
  struct AtKeyGroups {
    KeyGroupRange range;
    Watermark now;
  };

  /// What time it was for each of the subtasks that `before` is of. Clocks differ when they look at the wall, and when
  /// inputs were idle at times. Errors: as restore().
  std::vector<AtKeyGroups> times_of(const std::vector<SavedValues>& before, std::uint32_t key_groups) const;

  /// Whether the window that ends at `end` fires at `at`.
  static bool fires(Timestamp end, Watermark at) { return at.passes(end - Duration{1}); }

  /// Whether the window that ends at `end` is gone at `at`: late records no longer count.
  bool expired(Timestamp end, Watermark at) const { return at.passes(end - Duration{1} + lateness_); }

  /// Whether every window over the slice is gone. Requires: some window holds it.
  bool slice_expired(Timestamp slice_end, Watermark at) const {
    return expired(layout_.last_window_end(slice_end), at);
  }

  /// Whether a record outside all windows (in a gap) came too late to have been in one.
  bool late_in_gap(Timestamp t) const { return now_.passes(t + lateness_); }

  /// The first window over the slice that ends after all that fired up to now; requires that there is one.
  Timestamp next_window_end(Timestamp slice_end) const {
    const Timestamp first = layout_.first_window_end(slice_end);
    if (!fires(first, now_)) return first;
    return layout_.window_end_after(now_.time() + Duration{1});
  }

  /// Whether some window over the slice has not fired yet.
  bool has_unfired(Timestamp slice_end) const { return !fires(layout_.last_window_end(slice_end), now_); }

 private:
  void check_windows(const SavedValues& values) const;

  WindowLayout layout_;
  Duration lateness_;
  Watermark now_;
};

}  // namespace weir::detail
