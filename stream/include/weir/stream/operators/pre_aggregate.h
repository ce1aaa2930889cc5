#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/hash.h"
#include "weir/core/operator.h"
#include "weir/stream/operators/records.h"
#include "weir/stream/operators/window_operator.h"

namespace weir::detail {

/// What a PreAggregate knows of time. Behind the exchange it is known already: a subtask that forgot it would combine
/// records that are late.
struct PreAggregateTime {
  Watermark watermark;
  bool was_idle = false;
};

void save_pre_aggregate(const PreAggregateTime& time, SavedValues& values);
PreAggregateTime restore_pre_aggregate(const SavedValues& values);
/// Of all subtasks: what is late behind the exchange must not be taken for early here, so the latest of what any knew,
/// but for those that had read all; and whether any was idle.
PreAggregateTime restore_pre_aggregate(const std::vector<SavedValues>& before);

/// Combines the records of each key and slice before the exchange, so that few partial results travel instead of many
/// records, and a hot key costs less, not more.
///
/// A table of fixed size with one place for each hash: a key that needs a taken place sends the partial result there on
/// its way. So memory is bounded, and with more keys than places each record costs little more than travelling raw.
///
/// Output 0 takes partial results, output 1 records whose slice this subtask's watermark has passed: these travel
/// raw, because whether they are late is decided behind the exchange. So do all records once the subtask has been idle:
/// time may have passed it there without its knowing. A watermark that ends a slice is preceded by that slice's partial
/// results, and a barrier by all of them.
template <class Aggregation>
class PreAggregate final : public Operator {
  using T = typename Aggregation::Record;
  using Key = typename Aggregation::Key;
  using Accumulator = typename Aggregation::Accumulator;
  using PartialRecord = typename Aggregation::PartialRecord;

 public:
  explicit PreAggregate(Aggregation aggregation) : spec_(std::move(aggregation)) {}

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    auto& records = static_cast<Batch<T>&>(*batch);
    if (places_.empty()) places_.resize(kPlaces);
    std::size_t i = from;
    try {
      const T* const values = records.values();
      const Timestamp* const timestamps = records.timestamps();
      Place* const places = places_.data();
      for (const std::size_t size = records.size(); i < size; ++i) {
        if (!add(values[i], timestamps[i], places, out)) continue;
        if (out.full()) return {i + 1, Stop::kOutputFull};
      }
    } catch (const std::exception& error) {
      rethrow_at_record(error, i, records.timestamps()[i], describe_record(records[i]));
    }
    return {i, Stop::kDone};
  }

  Stop on_input_idle(Outputs& out) override {
    if (!flush_until(Timestamp::max(), out)) return Stop::kOutputFull;
    was_idle_ = true;
    leave_slice();
    return Stop::kDone;
  }

  Stop on_watermark(Watermark watermark, Outputs& out) override {
    const Timestamp ended = watermark == Watermark::end() ? Timestamp::max() : watermark.time() + Duration{1};
    if (!flush_until(ended, out)) return Stop::kOutputFull;
    // A subtask that took over from others may have known more than its input tells again.
    watermark_ = std::max(watermark_, watermark);
    leave_slice();
    return Stop::kDone;
  }

  Stop on_barrier(CheckpointId, Outputs& out) override {
    return flush_until(Timestamp::max(), out) ? Stop::kDone : Stop::kOutputFull;
  }

  void save(SavedValues& values) const override { save_pre_aggregate({watermark_, was_idle_}, values); }
  void restore(const SavedValues& values) override {
    const PreAggregateTime time = restore_pre_aggregate(values);
    watermark_ = time.watermark;
    was_idle_ = time.was_idle;
  }
  bool restore_rescaled(const std::vector<SavedValues>& before) override {
    const PreAggregateTime time = restore_pre_aggregate(before);
    watermark_ = time.watermark;
    was_idle_ = time.was_idle;
    return true;
  }

 private:
  static constexpr unsigned kPlaceBits = 11;
  static constexpr std::size_t kPlaces = std::size_t{1} << kPlaceBits;
  static constexpr Timestamp kFree = Timestamp::min();

  /// The partial result of a key in a slice, or free.
  struct Place {
    Timestamp slice_end = kFree;
    Key key{};
    Accumulator accumulator{};
  };

  /// Integers are spread over the places by a multiplication; the exact hash is worked out for what is sent only.
  static constexpr bool kPlainKey = std::is_integral_v<Key> || std::is_enum_v<Key>;

  template <class Lookup>
  static std::size_t place_of(const Lookup& key) {
    if constexpr (kPlainKey) {
      return (static_cast<std::uint64_t>(key) * 0x9E3779B97F4A7C15U) >> (64 - kPlaceBits);
    } else {
      return hash_key(key) % kPlaces;
    }
  }

  /// Counts a record in. True: something was emitted.
  [[gnu::always_inline]] bool add(const T& record, Timestamp time, Place* places, Outputs& out) {
    if (time < slice_start_ || time >= slice_end_) [[unlikely]]
      enter_slice(time);
    decltype(auto) key = std::invoke(spec_.key, record);
    if (passed_) [[unlikely]] {
      out.port<T>(1).emit(record, time, hash_key(key));
      return true;
    }
    Place& place = places[place_of(key)];
    if (place.slice_end == slice_end_ && place.key == key) [[likely]] {
      spec_.aggregate.add(place.accumulator, record);
      return false;
    }
    return take_place(place, key, record, out);
  }

  template <class Lookup>
  [[gnu::noinline]] bool take_place(Place& place, const Lookup& key, const T& record, Outputs& out) {
    const bool taken = place.slice_end != kFree;
    if (taken) send(place, out);
    spec_.aggregate.start(place.accumulator, record);
    place.key = key;
    place.slice_end = slice_end_;
    earliest_ = std::min(earliest_, slice_end_);
    return taken;
  }

  void send(Place& place, Outputs& out) {
    const std::uint64_t hash = hash_key(place.key);
    out.port<PartialRecord>().emit(PartialRecord{std::move(place.key), place.slice_end, std::move(place.accumulator)},
                                   place.slice_end - Duration{1}, hash);
    place.slice_end = kFree;
  }

  void enter_slice(Timestamp time) {
    slice_end_ = spec_.layout.slice_end(time);
    slice_start_ = slice_end_ - spec_.layout.slice();
    passed_ = was_idle_ || WindowClock::fires(slice_end_, watermark_) || !spec_.layout.in_some_window(slice_end_);
  }

  void leave_slice() { slice_start_ = slice_end_ = Timestamp::min(); }

  /// Sends the partial results of every slice that ends at `end` or earlier. False: the output is full, call again.
  bool flush_until(Timestamp end, Outputs& out) {
    if (earliest_ > end) return true;
    for (; flushed_ < places_.size(); ++flushed_) {
      if (out.full()) return false;
      Place& place = places_[flushed_];
      if (place.slice_end == kFree) continue;
      if (place.slice_end <= end) {
        send(place, out);
      } else {
        earliest_left_ = std::min(earliest_left_, place.slice_end);
      }
    }
    flushed_ = 0;
    earliest_ = std::exchange(earliest_left_, Timestamp::max());
    return true;
  }

  Aggregation spec_;
  std::vector<Place> places_;
  Timestamp earliest_ = Timestamp::max();  ///< no partial result is of an earlier slice
  Timestamp earliest_left_ = Timestamp::max();
  std::size_t flushed_ = 0;  ///< places looked at by the flush that is under way
  Watermark watermark_;
  bool was_idle_ = false;

  // The slice that records fall into just now.
  Timestamp slice_start_ = Timestamp::min();
  Timestamp slice_end_ = Timestamp::min();
  bool passed_ = false;
};

}  // namespace weir::detail
