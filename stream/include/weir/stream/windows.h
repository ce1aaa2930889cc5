#pragma once

#include <cstdint>
#include <string>

#include "weir/core/time.h"

namespace weir {

/// A half-open interval of time, [start, end).
struct Window {
  Timestamp start;
  Timestamp end;

  /// The largest timestamp inside: that of the window's results.
  Timestamp max_timestamp() const { return end - Duration{1}; }

  friend bool operator==(const Window&, const Window&) = default;
};

/// Windows of one size, one after another, aligned to the epoch plus `offset`; by the records' timestamps.
struct TumblingEventTime {
  Duration size;
  Duration offset{0};
};

/// Windows of one size that start every `slide`, aligned to the epoch plus `offset`; by the records' timestamps. With
/// slide > size there are gaps: records in them belong to no window.
struct SlidingEventTime {
  Duration size;
  Duration slide;
  Duration offset{0};
};

/// As TumblingEventTime, by the wall clock when the window operator handles a batch.
struct TumblingProcessingTime {
  Duration size;
  Duration offset{0};
};

/// As SlidingEventTime, by the wall clock when the window operator handles a batch.
struct SlidingProcessingTime {
  Duration size;
  Duration slide;
  Duration offset{0};
};

/// Where windows lie, and the slices they are made of.
///
/// A slice is the longest aligned interval that no window's edge divides: gcd(size, slide) long. A window is a whole
/// number of slices, so one accumulator per key and slice serves every window over it.
class WindowLayout {
 public:
  enum class Time : std::uint8_t { kEvent, kProcessing };

  /// Errors: UserError unless size and slide are positive and nothing is above 1e14 ms.
  WindowLayout(Time time, Duration size, Duration slide, Duration offset);

  WindowLayout(const TumblingEventTime& w) : WindowLayout(Time::kEvent, w.size, w.size, w.offset) {}
  WindowLayout(const SlidingEventTime& w) : WindowLayout(Time::kEvent, w.size, w.slide, w.offset) {}
  WindowLayout(const TumblingProcessingTime& w) : WindowLayout(Time::kProcessing, w.size, w.size, w.offset) {}
  WindowLayout(const SlidingProcessingTime& w) : WindowLayout(Time::kProcessing, w.size, w.slide, w.offset) {}

  /// Errors: UserError for a negative lateness, one above 1e14 ms, or any in processing time.
  void check_lateness(Duration lateness) const;

  bool event_time() const { return time_ == Time::kEvent; }
  Duration size() const { return size_; }
  Duration slide() const { return slide_; }
  Duration slice() const { return slice_; }

  /// The end of the slice that holds `t`.
  Timestamp slice_end(Timestamp t) const { return align_down(t, slice_, offset_) + slice_; }

  /// Whether any window holds the slice that ends at `slice_end`: without gaps every one is in some.
  bool in_some_window(Timestamp slice_end) const { return last_window_end(slice_end) >= slice_end; }

  /// The ends of the first and the last window that hold the slice. Requires: in_some_window(slice_end).
  Timestamp first_window_end(Timestamp slice_end) const {
    return align_down(slice_end - size_ + slide_ - Duration{1}, slide_, offset_) + size_;
  }
  Timestamp last_window_end(Timestamp slice_end) const {
    return align_down(slice_end - slice_, slide_, offset_) + size_;
  }

  /// The first window end later than `t`.
  Timestamp window_end_after(Timestamp t) const { return align_down(t - size_, slide_, offset_) + slide_ + size_; }

  /// "SlidingProcessingTime(5000 ms, 1000 ms)"
  std::string describe() const;

 private:
  Time time_;
  Duration size_;
  Duration slide_;
  Duration offset_;
  Duration slice_;
};

}  // namespace weir
