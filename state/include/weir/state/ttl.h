#pragma once

#include <algorithm>
#include <cstdint>

#include "weir/core/time.h"
#include "weir/state/time_domain.h"

namespace weir {

/// What makes an entry of state live longer.
enum class TtlUpdate : std::uint8_t { kOnCreateAndWrite, kOnReadAndWrite };

/// How long entries of a state live.
struct StateTtl {
  Duration ttl{0};  ///< from the last update on; positive
  TimeDomain domain = TimeDomain::kProcessingTime;
  TtlUpdate update = TtlUpdate::kOnCreateAndWrite;
};

namespace state {

/// What an operator with state knows of time. None of the clocks goes back, across failures neither.
struct StateClocks {
  Timestamp timestamp{};                         ///< of the record or timer at hand
  Timestamp event_time = Timestamp::min();       ///< the watermark; while event timers fire, that of the last one
  Timestamp processing_time = Timestamp::min();  ///< the wall clock, read now and then
};

/// When an entry that is updated now expires, and whether one has. Thread: task thread only.
class ExpiryClock {
 public:
  /// Requires: `clocks` lives as long as this. Errors: UserError for a time to live that is not positive, or beyond all
  /// timestamps.
  ExpiryClock(const StateTtl& ttl, const StateClocks& clocks);

  /// In event time: time has come to it when the watermark has. Before kNever, also at the end of the input.
  Timestamp now() const {
    return std::min(ttl_.domain == TimeDomain::kEventTime ? clocks_.event_time : clocks_.processing_time,
                    kNever - Duration{1});
  }

  bool expired(Timestamp expires) const { return expires <= now(); }

  /// For an entry that is created.
  Timestamp fresh() const {
    return (ttl_.domain == TimeDomain::kEventTime ? clocks_.timestamp : clocks_.processing_time) + ttl_.ttl;
  }

  /// For one that is updated: a record that comes late does not make it expire earlier.
  Timestamp renewed(Timestamp expires) const { return expires == kNever ? fresh() : std::max(expires, fresh()); }

  /// Whether reading the entry makes it live longer.
  bool renews_on_read(Timestamp expires) const {
    return ttl_.update == TtlUpdate::kOnReadAndWrite && renewed(expires) != expires;
  }

  /// An entry is about to be created. True, now and then: those that have expired and that nobody meets are due to be
  /// looked for, so that they are never more than a part of what lives.
  bool sweep_is_due() { return ++created_ % kCreatedPerSweep == 0; }

  /// Of entries from before their state had a time to live, until they are written to.
  static constexpr Timestamp kNever = Timestamp::max();

 private:
  /// A sweep looks at some 700 entries.
  static constexpr std::uint64_t kCreatedPerSweep = 256;

  StateTtl ttl_;
  const StateClocks& clocks_;
  std::uint64_t created_ = 0;
};

}  // namespace state

}  // namespace weir
