#include "weir/stream/windows.h"

#include <numeric>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/stream/operators/window_assigners.h"

namespace weir {

namespace {

/// Longer than that, arithmetic on the largest timestamps could overflow.
constexpr Duration kLongest{100'000'000'000'000};

}  // namespace

WindowLayout::WindowLayout(Time time, Duration size, Duration slide, Duration offset)
    : time_(time), size_(size), slide_(slide), offset_(offset), slice_(std::gcd(size.count(), slide.count())) {
  if (size <= Duration{0} || slide <= Duration{0})
    throw UserError(fmt::format("a window's size and slide must be positive: size {} ms, slide {} ms", size.count(),
                                slide.count()));
  if (size > kLongest || slide > kLongest || std::chrono::abs(offset) > kLongest)
    throw UserError(
        fmt::format("a window's size, slide and offset are at most {} ms: size {} ms, slide {} ms, offset {} ms",
                    kLongest.count(), size.count(), slide.count(), offset.count()));
}

void WindowLayout::check_lateness(Duration lateness) const {
  detail::check_lateness(lateness, event_time() ? detail::WindowTime::kEvent : detail::WindowTime::kProcessing);
}

std::string WindowLayout::describe() const {
  const char* kind = event_time() ? "EventTime" : "ProcessingTime";
  const std::string offset = offset_ == Duration{0} ? "" : fmt::format(", offset {} ms", offset_.count());
  if (size_ == slide_) return fmt::format("Tumbling{}({} ms{})", kind, size_.count(), offset);
  return fmt::format("Sliding{}({} ms, {} ms{})", kind, size_.count(), slide_.count(), offset);
}

namespace detail {

void check_lateness(Duration lateness, WindowTime time) {
  if (lateness < Duration{0} || lateness > kLongest)
    throw UserError(
        fmt::format("allowed_lateness: {} ms is not a time from 0 to {} ms", lateness.count(), kLongest.count()));
  if (lateness == Duration{0} || time == WindowTime::kEvent) return;
  throw UserError(fmt::format("allowed_lateness: nothing is late in {}; leave it out or use a window of event time",
                              time == WindowTime::kProcessing ? "processing time" : "global windows"));
}

void check_session_gap(Duration gap) {
  if (gap < Duration{1} || gap > kLongest)
    throw UserError(
        fmt::format("the gap of a session must be from 1 ms to {} ms, it is {} ms", kLongest.count(), gap.count()));
}

void check_count_window(std::int64_t count, std::int64_t slide) {
  if (count <= 0 || slide <= 0)
    throw UserError(fmt::format("count_window: count and slide must be positive: count {}, slide {}", count, slide));
}

std::string describe_sessions(const char* kind, Duration gap) { return fmt::format("{}({} ms)", kind, gap.count()); }

}  // namespace detail

}  // namespace weir
