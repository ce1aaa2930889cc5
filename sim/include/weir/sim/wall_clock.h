#pragma once

#include "weir/core/time.h"

namespace weir::sim {

/// A wall clock over virtual time that can be set, jump and stand still, as wall clocks do.
class WallClock {
 public:
  /// Shows `wall` at the monotonic time `now`.
  WallClock(Timestamp wall, MonotonicTime now) { set(wall, now); }

  Timestamp read(MonotonicTime now) const {
    return frozen_ ? wall_ : wall_ + std::chrono::floor<Duration>(now - set_at_);
  }

  void set(Timestamp wall, MonotonicTime now) {
    wall_ = wall;
    set_at_ = now;
  }

  void freeze(MonotonicTime now) {
    set(read(now), now);
    frozen_ = true;
  }

  /// Goes on from where it was frozen.
  void thaw(MonotonicTime now) {
    if (!frozen_) return;
    frozen_ = false;
    set_at_ = now;
  }

 private:
  Timestamp wall_;
  MonotonicTime set_at_;
  bool frozen_ = false;
};

}  // namespace weir::sim
