#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace weir {

using Duration = std::chrono::milliseconds;

/// A point in event time or processing time: milliseconds since the Unix epoch, UTC.
using Timestamp = std::chrono::sys_time<Duration>;

/// A point on the clock that never goes back; only differences mean something.
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// Records carry timestamps within +-2.5e14 ms (about the years -5950 to 9890). A record beyond is
/// malformed, so that adding windows, lateness and offsets to a timestamp never overflows.
inline constexpr Timestamp kMinTimestamp{Duration{-250'000'000'000'000}};
inline constexpr Timestamp kMaxTimestamp{Duration{250'000'000'000'000}};

constexpr bool in_range(Timestamp t) { return t >= kMinTimestamp && t <= kMaxTimestamp; }

constexpr Timestamp timestamp_ms(std::int64_t ms) { return Timestamp{Duration{ms}}; }
constexpr std::int64_t to_ms(Timestamp t) { return t.time_since_epoch().count(); }

/// The promise that no record with a timestamp <= time() will come.
///
/// none() precedes every timestamp (nothing is promised), end() follows every timestamp (nothing
/// will come at all).
class Watermark {
 public:
  constexpr Watermark() = default;
  constexpr explicit Watermark(Timestamp t) : time_(t) {}

  static constexpr Watermark none() { return Watermark{}; }
  static constexpr Watermark end() { return Watermark{Timestamp::max()}; }

  constexpr Timestamp time() const { return time_; }
  constexpr bool passes(Timestamp t) const { return t <= time_; }

  friend constexpr auto operator<=>(Watermark, Watermark) = default;

 private:
  Timestamp time_ = Timestamp::min();
};

/// The start of the aligned interval of length `size` that holds `t`: intervals start at
/// offset + k * size for every integer k, also below zero (floor division).
/// Requires: size > 0, in_range(t).
constexpr Timestamp align_down(Timestamp t, Duration size, Duration offset = Duration{0}) {
  const std::int64_t shifted = to_ms(t) - offset.count();
  std::int64_t remainder = shifted % size.count();
  if (remainder < 0) remainder += size.count();
  return t - Duration{remainder};
}

}  // namespace weir
