#include "weir/stream/windows.h"

#include <numeric>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir {

namespace {

/// Longer than that, arithmetic on the largest timestamps could overflow.
constexpr Duration kLongest{100'000'000'000'000};

}  // namespace

WindowLayout::WindowLayout(Time time, Duration size, Duration slide, Duration offset)
    : time_(time), size_(size), slide_(slide), offset_(offset), slice_(std::gcd(size.count(), slide.count())) {
  if (size <= Duration{0} || slide <= Duration{0})
    throw UserError(fmt::format("a window's size and slide must be positive: size {} ms, slide {} ms", size.count(), slide.count()));
  if (size > kLongest || slide > kLongest || std::chrono::abs(offset) > kLongest)
    throw UserError(fmt::format("a window's size, slide and offset are at most {} ms: size {} ms, slide {} ms, offset {} ms",
                                kLongest.count(), size.count(), slide.count(), offset.count()));
}

std::string WindowLayout::describe() const {
  const char* kind = event_time() ? "EventTime" : "ProcessingTime";
  const std::string offset = offset_ == Duration{0} ? "" : fmt::format(", offset {} ms", offset_.count());
  if (size_ == slide_) return fmt::format("Tumbling{}({} ms{})", kind, size_.count(), offset);
  return fmt::format("Sliding{}({} ms, {} ms{})", kind, size_.count(), slide_.count(), offset);
}

}  // namespace weir
