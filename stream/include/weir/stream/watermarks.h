#pragma once

#include <optional>

#include "weir/core/time.h"

namespace weir {

class SavedValues;

namespace detail {

/// What all generators have in common: what they remember can be kept.
class RememberingGenerator {
 public:
  virtual ~RememberingGenerator() = default;

  /// Writes down, where a checkpoint's barrier passes, what the generator remembers: values.put("name", value).
  virtual void save(SavedValues& /*values*/) const {}
  /// Takes back what save() wrote, if there is any. Called before the first record.
  virtual void restore(const SavedValues& /*values*/) {}
};

}  // namespace detail

/// Decides for one split what is promised after each record. One generator a split. Thread: task thread only.
///
/// What a split was promised survives a failure in any case. A generator that remembers more than that overrides save()
/// and restore() (with weir/core/snapshot.h); one that does not begins anew.
template <class T>
class WatermarkGenerator : public detail::RememberingGenerator {
 public:
  /// Called for each record in order; the watermark it returns, if any, follows that record at once. One that is not
  /// above those before has no effect. Requires: no record with a timestamp up to it follows; those that do are late.
  virtual std::optional<Watermark> on_record(const T& record, Timestamp timestamp) = 0;
};

/// How watermarks follow from timestamps, apart from the record's type.
///
/// Every split keeps its own maximum; the stream's watermark is the least of those that are not idle.
struct WatermarkStrategy {
  /// A record may come this much after one with a larger timestamp.
  Duration out_of_orderness{0};
  /// A split without records for this long holds back nobody until it has some again. Absent: never.
  std::optional<Duration> idle_timeout;
  /// A record this far ahead of the wall clock does not move the watermark. Absent: a day for unbounded sources, no
  /// limit for bounded ones.
  std::optional<Duration> far_future;

  /// The same, with an idle_timeout of at least 1 ms.
  WatermarkStrategy idle_after(Duration timeout) const {
    WatermarkStrategy copy = *this;
    copy.idle_timeout = timeout;
    return copy;
  }
  /// The same, with a far_future.
  WatermarkStrategy far_future_limit(Duration limit) const {
    WatermarkStrategy copy = *this;
    copy.far_future = limit;
    return copy;
  }
};

/// Errors: UserError for a negative bound or limit, a time-out below 1 ms, and what is longer than 1e14 ms.
void check(const WatermarkStrategy& strategy);

/// Records come at most `bound` out of order: the watermark is the largest timestamp - bound - 1 ms.
/// Errors: as check().
WatermarkStrategy bounded_out_of_orderness(Duration bound);

/// Timestamps of a split never fall.
inline WatermarkStrategy monotone_timestamps() { return bounded_out_of_orderness(Duration{0}); }

}  // namespace weir
