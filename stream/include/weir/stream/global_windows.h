#pragma once

#include <string>

#include "weir/core/time.h"
#include "weir/stream/operators/window_assigners.h"

namespace weir {

/// One window for each key that holds all its records and never ends: a trigger says when it fires.
///
/// Its start and end are before and after every timestamp that a record can have. Results get the time of the record or
/// timer at which the window fired. Nothing is late.
class GlobalWindows {
 public:
  static constexpr bool kMerges = false;

  static GlobalWindows create() { return {}; }

  detail::WindowTime time() const { return detail::WindowTime::kNone; }
  std::string describe() const { return "GlobalWindows"; }

  template <class T, class F>
  void assign(const T&, Timestamp, F&& f) const {
    f(Window{kMinTimestamp, kMaxTimestamp + Duration{1}});
  }
};

}  // namespace weir
