#pragma once

#include <cstdint>
#include <string>

#include "weir/core/time.h"
#include "weir/stream/windows.h"

// Window assigners of the windows that are kept one by one: assign(record, t, f) calls f(Window) for each window that
// the record belongs to. kMerges: a key's windows that overlap or touch become one.

namespace weir::detail {

/// By which time windows end: what makes them fire by themselves, and makes records late.
enum class WindowTime : std::uint8_t { kEvent, kProcessing, kNone };

/// Errors: UserError for a negative lateness, one above 1e14 ms, or any but in event time.
void check_lateness(Duration lateness, WindowTime time);

/// Errors: UserError for a gap that is not from 1 ms to 1e14 ms.
void check_session_gap(Duration gap);

/// Errors: UserError unless both are positive.
void check_count_window(std::int64_t count, std::int64_t slide);

/// "SessionWindows(5000 ms)"
std::string describe_sessions(const char* kind, Duration gap);

/// The same gap behind every record.
class FixedGap {
 public:
  /// Errors: as check_session_gap().
  explicit FixedGap(Duration gap) : gap_(gap) { check_session_gap(gap); }

  template <class T>
  Duration operator()(const T&) const {
    return gap_;
  }

 private:
  Duration gap_;
};

/// Tumbling and sliding windows.
class AlignedWindows {
 public:
  static constexpr bool kMerges = false;

  explicit AlignedWindows(WindowLayout layout) : layout_(layout) {}

  WindowTime time() const { return layout_.event_time() ? WindowTime::kEvent : WindowTime::kProcessing; }
  std::string describe() const { return layout_.describe(); }

  template <class T, class F>
  void assign(const T&, Timestamp t, F&& f) const {
    const Timestamp slice_end = layout_.slice_end(t);
    if (!layout_.in_some_window(slice_end)) return;
    const Timestamp last = layout_.last_window_end(slice_end);
    for (Timestamp end = layout_.first_window_end(slice_end); end <= last; end += layout_.slide())
      f(Window{end - layout_.size(), end});
  }

 private:
  WindowLayout layout_;
};

}  // namespace weir::detail
