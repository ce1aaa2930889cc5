#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "weir/core/time.h"
#include "weir/stream/operators/window_assigners.h"

namespace weir {

/// Sessions: a window for each stretch of a key's records in which none is a gap or more after the one before.
///
/// A record makes the window [t, t + gap); windows of a key that overlap or touch are merged into one, with all that
/// they hold, whatever the order in which their records come. Made by SessionWindows and ProcessingTimeSessionWindows.
template <class Gap>
class Sessions {
 public:
  static constexpr bool kMerges = true;

  Sessions(detail::WindowTime time, Gap gap, std::string description)
      : time_(time), gap_(std::move(gap)), description_(std::move(description)) {}

  detail::WindowTime time() const { return time_; }
  const std::string& describe() const { return description_; }

  /// Whether `Gap` says how long the gap behind a T is.
  template <class T>
  static constexpr bool takes() {
    return std::is_invocable_r_v<Duration, const Gap&, const T&>;
  }

  /// Errors: UserError for a gap that is not from 1 ms to 1e14 ms.
  template <class T, class F>
  void assign(const T& record, Timestamp t, F&& f) const {
    const Duration gap = gap_(record);
    if constexpr (!std::is_same_v<Gap, detail::FixedGap>) detail::check_session_gap(gap);
    f(Window{t, t + gap});
  }

 private:
  detail::WindowTime time_;
  Gap gap_;
  std::string description_;
};

/// Sessions by the records' timestamps.
struct SessionWindows {
  /// Errors: UserError for a gap that is not from 1 ms to 1e14 ms.
  static Sessions<detail::FixedGap> with_gap(Duration gap) {
    return {detail::WindowTime::kEvent, detail::FixedGap(gap), detail::describe_sessions("SessionWindows", gap)};
  }
  /// The gap behind each record: f(const T&) -> Duration, from 1 ms to 1e14 ms; it must be the same each time.
  template <class F>
  static Sessions<F> with_dynamic_gap(F gap) {
    return {detail::WindowTime::kEvent, std::move(gap), "SessionWindows(dynamic gap)"};
  }
};

/// Sessions by the wall clock when the window operator handles a batch.
struct ProcessingTimeSessionWindows {
  /// As SessionWindows::with_gap().
  static Sessions<detail::FixedGap> with_gap(Duration gap) {
    return {detail::WindowTime::kProcessing, detail::FixedGap(gap),
            detail::describe_sessions("ProcessingTimeSessionWindows", gap)};
  }
  /// As SessionWindows::with_dynamic_gap().
  template <class F>
  static Sessions<F> with_dynamic_gap(F gap) {
    return {detail::WindowTime::kProcessing, std::move(gap), "ProcessingTimeSessionWindows(dynamic gap)"};
  }
};

}  // namespace weir
