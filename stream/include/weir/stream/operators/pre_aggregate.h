#pragma once

#include <optional>
#include <utility>

#include "weir/core/hash.h"
#include "weir/core/operator.h"
#include "weir/state/slices.h"
#include "weir/stream/operators/window_operator.h"

namespace weir::detail {

/// Combines the records of each key and slice before the exchange, so that few partial results travel instead of many
/// records, and a hot key costs less, not more.
///
/// Output 0 takes partial results, output 1 records whose slice this subtask's watermark has passed: these travel
/// raw, because whether they are late is decided behind the exchange. So do all records once the subtask has been idle:
/// time may have passed it there without its knowing. A watermark that ends a slice is preceded by that
/// slice's partial results; a full table is sent on early.
template <class Aggregation>
class PreAggregate final : public Operator {
  using T = typename Aggregation::Record;
  using Key = typename Aggregation::Key;
  using Accumulator = typename Aggregation::Accumulator;
  using PartialRecord = typename Aggregation::PartialRecord;
  using Table = state::Table<Key, Accumulator>;

 public:
  explicit PreAggregate(Aggregation aggregation) : spec_(std::move(aggregation)) {}

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    auto& records = static_cast<Batch<T>&>(*batch);
    if (flushing_ && !flush_until(Timestamp::max(), out)) return {from, Stop::kOutputFull};
    const Timestamp* timestamps = records.timestamps();
    bool table_full = false;
    Progress progress = for_each_record(records, from, out, [&](std::size_t i) {
      if (timestamps[i] < slice_start_ || timestamps[i] >= slice_end_) [[unlikely]]
        enter_slice(timestamps[i]);
      const T& record = records[i];
      decltype(auto) key = std::invoke(spec_.key, record);
      const std::uint64_t hash = hash_key(key);
      if (passed_) [[unlikely]] {
        out.port<T>(1).emit(record, timestamps[i], hash);
        return;
      }
      const auto [accumulator, fresh] = table_->find_or_insert(hash, key);
      if (fresh) {
        spec_.aggregate.start(*accumulator, record);
        table_full = ++entries_ >= kMostEntries;
      } else {
        spec_.aggregate.add(*accumulator, record);
      }
    });
    // The table may run over by what one batch adds.
    if (table_full && !flush_until(Timestamp::max(), out)) return {progress.next, Stop::kOutputFull};
    return progress;
  }

  Stop on_input_idle(Outputs& out) override {
    if (!flush_until(Timestamp::max(), out)) return Stop::kOutputFull;
    was_idle_ = true;
    return Stop::kDone;
  }

  Stop on_watermark(Watermark watermark, Outputs& out) override {
    const Timestamp ended = watermark == Watermark::end() ? Timestamp::max() : watermark.time() + Duration{1};
    if (!flush_until(ended, out)) return Stop::kOutputFull;
    watermark_ = watermark;
    slice_start_ = slice_end_ = Timestamp::min();
    return Stop::kDone;
  }

 private:
  static constexpr std::size_t kMostEntries = 16 * 1024;

  void enter_slice(Timestamp time) {
    slice_end_ = spec_.layout.slice_end(time);
    slice_start_ = slice_end_ - spec_.layout.slice();
    passed_ = was_idle_ || WindowClock::fires(slice_end_, watermark_) || !spec_.layout.in_some_window(slice_end_);
    table_ = passed_ ? nullptr : &slices_.at(slice_end_);
  }

  /// Sends the partial results of every slice that ends at `end` or earlier. False: the output is full, call again.
  bool flush_until(Timestamp end, Outputs& out) {
    Output<PartialRecord>& output = out.port<PartialRecord>();
    for (auto first = slices_.first(); first && *first <= end; first = slices_.first()) {
      const Timestamp slice_end = *first;
      Table& table = slices_.at(slice_end);
      if (!flushing_) flushing_ = table.begin();
      for (;;) {
        if (out.full()) return false;
        typename Table::Entry entry;
        if (!table.next(*flushing_, entry)) break;
        output.emit(PartialRecord{*entry.key, slice_end, std::move(*entry.value)}, slice_end - Duration{1}, entry.hash);
        --entries_;
      }
      flushing_.reset();
      slices_.expire_until(slice_end);
    }
    slice_start_ = slice_end_ = Timestamp::min();
    return true;
  }

  Aggregation spec_;
  state::Slices<Key, Accumulator> slices_;
  std::optional<typename Table::Cursor> flushing_;
  std::size_t entries_ = 0;
  Watermark watermark_;
  bool was_idle_ = false;

  // The slice that records fall into just now.
  Timestamp slice_start_ = Timestamp::min();
  Timestamp slice_end_ = Timestamp::min();
  Table* table_ = nullptr;
  bool passed_ = false;
};

}  // namespace weir::detail
