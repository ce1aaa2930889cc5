#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/check.h"
#include "weir/core/key_codec.h"
#include "weir/core/operator.h"
#include "weir/state/sliced_state.h"
#include "weir/stream/callable.h"
#include "weir/stream/operators/partial.h"
#include "weir/stream/operators/records.h"
#include "weir/stream/operators/window_clock.h"

namespace weir::detail {

/// Everything a windowed aggregation is made of. `finish(key, window, accumulator, out)` emits a result.
template <class T, class KeyFn, class Agg, class Finish, class R>
struct WindowedAggregation {
  using Record = T;
  using Result = R;
  using Key = StoredKey<KeyOf<KeyFn, T>>;
  using Accumulator = typename Agg::Accumulator;
  using PartialRecord = Partial<Key, Accumulator>;

  WindowLayout layout;
  Duration lateness{0};
  KeyFn key;
  Agg aggregate;
  Finish finish;
};

/// Keyed windows: one accumulator per key and slice, combined when a window fires. What must survive a failure is
/// these, and what time it is: windows that were due meanwhile fire as soon as the clock is looked at.
///
/// Input 0 brings records, input 1 what a PreAggregate made of them. Output 0 takes results, with the window's largest
/// timestamp; output 1 records that came after all their windows were gone. A record that comes within the allowed
/// lateness fires those of its windows again that have fired, in the order of their ends.
template <class Aggregation>
class WindowOperator final : public Operator {
  using T = typename Aggregation::Record;
  using R = typename Aggregation::Result;
  using Key = typename Aggregation::Key;
  using Accumulator = typename Aggregation::Accumulator;
  using PartialRecord = typename Aggregation::PartialRecord;
  using Table = state::Table<Key, Accumulator>;

 public:
  explicit WindowOperator(Aggregation aggregation)
      : spec_(std::move(aggregation)), clock_(spec_.layout, spec_.lateness) {}

  void open(const OperatorContext& context) override {
    host_ = context.host;
    metrics_ = context.metrics;
    drain_ = context.drain;
    range_ = key_groups_of(context.subtask, context.parallelism, context.key_groups);
    key_groups_ = context.key_groups;
    if (context.state == nullptr) return;
    state_.open(*context.state, "slices");
    keyed_ = context.state;
    scratch_bytes_ = context.state->scratch_bytes();
  }

  Progress process(InputIndex input, BatchPtr& batch, std::size_t from, Outputs& out) override {
    if (!catch_up(out)) return {from, Stop::kOutputFull};
    if (!spec_.layout.event_time()) {
      const Stop stop = advance_to(processing_time(), out);
      if (stop != Stop::kDone) return {from, stop};
    }
    if (keyed_ != nullptr && keyed_->reads() != nullptr && !read_ahead(*keyed_->reads(), input, *batch, from))
      return {from, Stop::kBlocked};
    const Progress progress = input == InputIndex(1) ? add_partials(static_cast<Batch<PartialRecord>&>(*batch), from)
                                                     : add_records(static_cast<Batch<T>&>(*batch), from, out);
    if (progress.stop == Stop::kDone) asked_ahead_ = false;
    return progress;
  }

  Stop on_watermark(Watermark watermark, Outputs& out) override {
    if (!catch_up(out)) return Stop::kOutputFull;
    return spec_.layout.event_time() ? advance_to(watermark, out) : Stop::kDone;
  }

  Stop on_time(Outputs& out) override {
    if (!catch_up(out)) return Stop::kOutputFull;
    return spec_.layout.event_time() ? Stop::kDone : advance_to(processing_time(), out);
  }

  Deadline next_deadline() const override {
    Deadline deadline;
    if (spec_.layout.event_time() && !catch_up_to_) return deadline;
    if (firing_ || catch_up_to_) {
      deadline.wall = Timestamp::min();
    } else if (const auto end = next_window_end()) {
      deadline.wall = *end;
    }
    return deadline;
  }

  Stop on_end(Outputs& out) override {
    if (!catch_up(out)) return Stop::kOutputFull;
    return !spec_.layout.event_time() && drain_ ? advance_to(Watermark::end(), out) : Stop::kDone;
  }

  /// A firing that has begun ends: no checkpoint falls between the results of a window.
  Stop on_barrier(CheckpointId, Outputs& out) override {
    leave_slice();
    if (!catch_up(out)) return Stop::kOutputFull;
    return firing_ ? advance_to(clock_.now(), out) : Stop::kDone;
  }

  void save(SavedValues& values) const override { clock_.save(values); }
  void restore(const SavedValues& values) override { clock_.restore(values); }

  /// All subtasks go on at the latest of the clocks. Before anything else, windows fire that were due by it at the
  /// clock of their own key groups.
  bool restore_rescaled(const std::vector<SavedValues>& before) override {
    ahead_ = clock_.times_of(before, key_groups_);
    Watermark latest = clock_.now();
    for (const auto& of : ahead_) latest = std::max(latest, of.now);
    std::erase_if(ahead_, [&](const auto& of) { return !of.range.overlaps(range_); });
    Watermark earliest = latest;
    for (const auto& of : ahead_) earliest = std::min(earliest, of.now);
    clock_.set(earliest);
    std::erase_if(ahead_, [&](const auto& of) { return of.now == earliest; });
    if (earliest < latest) catch_up_to_ = latest;
    return true;
  }

 private:
  state::Slices<Key, Accumulator>& slices() { return state_.slices(); }
  const state::Slices<Key, Accumulator>& slices() const { return state_.slices(); }

  /// A window whose results are on their way out.
  struct Firing {
    Window window;
    Table* results;  ///< the only slice's, or `combined_`
    typename Table::Cursor cursor;

    // What is not among the results yet.
    std::uint16_t next_group = 0;   ///< results are put together from these key groups on, some at a time
    std::uint16_t group_count = 0;  ///< at a time
    bool cold_only = false;         ///< of what only the cold store has: the rest is among the results
  };

  /// False: the output is full, call again.
  bool catch_up(Outputs& out) {
    if (!catch_up_to_) [[likely]]
      return true;
    if (advance_to(*catch_up_to_, out) != Stop::kDone) return false;
    catch_up_to_.reset();
    ahead_.clear();
    return true;
  }

  /// The window has fired for the key before the key came to this subtask.
  bool has_fired(std::uint64_t hash, Timestamp window_end) const {
    const KeyGroup group = key_group_of(hash, key_groups_);
    return std::any_of(ahead_.begin(), ahead_.end(), [&](const auto& of) {
      return of.range.contains(group) && WindowClock::fires(window_end, of.now);
    });
  }

  /// Windows that end at the clock's time fire: the promise is that nothing before it comes. It never goes back.
  Watermark processing_time() const { return std::max(clock_.now(), Watermark(host_->wall_now() - Duration{1})); }

  /// Has what the batch needs and memory has not read together, once a batch. False: it is on its way.
  bool read_ahead(state::ColdReads& reads, InputIndex input, BatchBase& batch, std::size_t from) {
    if (!std::exchange(asked_ahead_, true) && slices().any_cold()) {
      const auto want = [&](Timestamp slice_end, std::uint64_t hash, const auto& key) {
        if (const Table* table = slices().find(slice_end)) state_.want(slice_end, *table, hash, key);
      };
      if (input == InputIndex(1)) {
        const auto& partials = static_cast<Batch<PartialRecord>&>(batch);
        for (std::size_t i = from; i < partials.size(); ++i)
          want(partials[i].slice_end, partials.hashes()[i], partials[i].key);
      } else {
        auto& records = static_cast<Batch<T>&>(batch);
        const Timestamp fixed = clock_.now().time() + Duration{1};
        for (std::size_t i = from; i < records.size(); ++i) {
          const Timestamp time = spec_.layout.event_time() ? records.timestamps()[i] : fixed;
          want(spec_.layout.slice_end(time), records.hashes()[i], std::invoke(spec_.key, std::as_const(records[i])));
        }
      }
      if (!reads.fetch()) return false;
    }
    return reads.fetched();
  }

  Progress add_records(Batch<T>& batch, std::size_t from, Outputs& out) {
    const bool event_time = spec_.layout.event_time();
    const Timestamp fixed = event_time ? Timestamp{} : clock_.now().time() + Duration{1};
    const Timestamp* timestamps = batch.timestamps();
    const std::uint64_t* hashes = batch.hashes();
    return for_each_record(batch, from, out, [&](std::size_t i) {
      const Timestamp time = event_time ? timestamps[i] : fixed;
      if (time < slice_start_ || time >= slice_end_) [[unlikely]] {
        if (!enter_slice(time)) {
          handle_outside(batch[i], time, hashes[i], out);
          return;
        }
      }
      const T& record = batch[i];
      decltype(auto) key = std::invoke(spec_.key, record);
      const auto [accumulator, fresh] = table_->find_or_insert(hashes[i], key);
      if (fresh) {
        spec_.aggregate.start(*accumulator, record);
      } else {
        spec_.aggregate.add(*accumulator, record);
      }
      if (refires_) [[unlikely]]
        fire_again(slice_end_, hashes[i], key, out);
    });
  }

  /// Partial results are mostly of keys that are new to a large table: all they touch is brought close in two steps,
  /// each so many records ahead.
  static constexpr std::size_t kAhead = 8;

  Progress add_partials(Batch<PartialRecord>& batch, std::size_t from) {
    const std::uint64_t* hashes = batch.hashes();
    const std::size_t size = batch.size();
    for (std::size_t i = from; i < size; ++i) {
      PartialRecord& partial = batch[i];
      if (partial.slice_end != slice_end_) {
        const bool alive = enter_slice(partial.slice_end - Duration{1});
        WEIR_CHECK(alive, "a partial result behind the watermark", to_ms(partial.slice_end),
                   to_ms(clock_.now().time()));
      }
      if (i + 2 * kAhead < size) table_->prefetch(hashes[i + 2 * kAhead]);
      if (i + kAhead < size) table_->prefetch_value(hashes[i + kAhead]);
      const auto [accumulator, fresh] = table_->find_or_insert(hashes[i], partial.key);
      if (fresh) {
        *accumulator = std::move(partial.accumulator);
      } else {
        spec_.aggregate.merge(*accumulator, partial.accumulator);
      }
    }
    return {size, Stop::kDone};
  }

  /// Makes the slice that holds `time` the current one. False: no living window holds it.
  bool enter_slice(Timestamp time) {
    const Timestamp end = spec_.layout.slice_end(time);
    if (!spec_.layout.in_some_window(end) || clock_.slice_expired(end, clock_.now())) return false;
    slice_end_ = end;
    slice_start_ = end - spec_.layout.slice();
    table_ = &slices().at(end);
    refires_ = WindowClock::fires(spec_.layout.first_window_end(end), clock_.now());
    return true;
  }

  void leave_slice() { slice_start_ = slice_end_ = Timestamp::min(); }

  /// A record of no living window: late, unless it lies in a gap between windows and time has not passed it.
  void handle_outside(const T& record, Timestamp time, std::uint64_t hash, Outputs& out) {
    const bool in_gap = !spec_.layout.in_some_window(spec_.layout.slice_end(time));
    if (in_gap && !clock_.late_in_gap(time)) return;
    add_to(metrics_->late, 1);
    out.port<T>(1).emit(record, time, hash);
  }

  /// Fires the windows over the slice that have fired before and are not gone, for one key.
  template <class Lookup>
  void fire_again(Timestamp slice_end, std::uint64_t hash, const Lookup& key, Outputs& out) {
    const Timestamp last = spec_.layout.last_window_end(slice_end);
    for (Timestamp end = spec_.layout.first_window_end(slice_end); end <= last; end += spec_.layout.slide()) {
      if (!WindowClock::fires(end, clock_.now())) break;
      if (clock_.expired(end, clock_.now())) continue;
      Accumulator sum{};
      bool fresh = true;
      slices().for_each_slice(end - spec_.layout.size() + Duration{1}, end, [&](Timestamp, Table& table) {
        const Accumulator* part = std::as_const(table).find(hash, key);
        if (part == nullptr) return;
        if (fresh) {
          sum = *part;
        } else {
          spec_.aggregate.merge(sum, *part);
        }
        fresh = false;
      });
      emit(Key(key), Window{end - spec_.layout.size(), end}, sum, out);
    }
  }

  void emit(const Key& key, const Window& window, const Accumulator& accumulator, Outputs& out) {
    Out<R> results(out.port<R>(), window.max_timestamp());
    spec_.finish(key, window, accumulator, results);
  }

  /// Fires every window that is due at `target`, in the order of their ends, then drops what nobody needs any more.
  Stop advance_to(Watermark target, Outputs& out) {
    for (;;) {
      if (firing_) {
        if (!go_on_firing(out)) return Stop::kOutputFull;
        clock_.set(Watermark(firing_->window.max_timestamp()));
        firing_.reset();
        combined_.clear();
        slices().end_walk();
      }
      const auto end = next_window_end();
      if (!end || !WindowClock::fires(*end, target)) break;
      start_firing(*end);
    }
    clock_.set(std::max(clock_.now(), target));
    leave_slice();
    for (auto first = slices().first(); first && clock_.slice_expired(*first, clock_.now()); first = slices().first())
      slices().expire_until(*first);
    return Stop::kDone;
  }

  /// The earliest end of a window that holds something and has not fired.
  std::optional<Timestamp> next_window_end() const {
    for (auto slice_end = slices().first(); slice_end; slice_end = slices().next(*slice_end)) {
      if (clock_.has_unfired(*slice_end)) return clock_.next_window_end(*slice_end);
    }
    return std::nullopt;
  }

  void start_firing(Timestamp end) {
    const Window window{end - spec_.layout.size(), end};
    Table* only = nullptr;
    std::size_t tables = 0;
    std::size_t entries = 0;
    std::size_t cold = 0;
    slices().for_each_slice(window.start + Duration{1}, window.end, [&](Timestamp, Table& table) {
      only = &table;
      ++tables;
      entries += table.size() + table.cold_only();
      cold += table.cold_only();
    });
    slices().begin_walk();
    firing_.emplace(Firing{window, only, only->begin(), range_.end});
    if (tables == 1 && cold == 0) return;
    firing_->next_group = range_.begin;
    firing_->cold_only = tables == 1;
    firing_->group_count = groups_at_once(firing_->cold_only ? cold : entries, scratch_bytes(cold));
    if (tables > 1) put_together();
  }

  /// What results may take that are put together: reading them from disk blocks, so that it is done in parts.
  std::size_t scratch_bytes(std::size_t cold_entries) const {
    constexpr std::size_t kReadAtOnce = std::size_t{64} << 20;
    return cold_entries > 0 ? std::min(scratch_bytes_, kReadAtOnce) : scratch_bytes_;
  }

  /// Key groups of which results are put together at a time, so that they take no more than the scratch memory.
  std::uint16_t groups_at_once(std::size_t entries, std::size_t memory) const {
    constexpr std::size_t kEntryBytes = 2 * (sizeof(Key) + sizeof(Accumulator) + sizeof(std::uint64_t));
    const std::size_t groups = range_.size();
    const std::size_t bytes = entries * kEntryBytes;
    if (bytes <= memory) return static_cast<std::uint16_t>(groups);
    const std::size_t parts = std::min(bytes / std::max<std::size_t>(memory, 1) + 1, groups);
    return static_cast<std::uint16_t>((groups + parts - 1) / parts);
  }

  /// The next key groups' results. False: there are none left.
  bool put_together() {
    Firing& firing = *firing_;
    if (firing.next_group >= range_.end) return false;
    const int part_end = std::min<int>(range_.end, firing.next_group + firing.group_count);
    const KeyGroupRange part{firing.next_group, static_cast<std::uint16_t>(part_end)};
    const bool all = part == range_;
    firing.next_group = part.end;
    combined_.clear();
    const auto combine = [this](const Key& key, const Accumulator& value, std::uint64_t hash) {
      const auto [accumulator, fresh] = combined_.find_or_insert(hash, key);
      if (fresh) {
        *accumulator = value;
      } else {
        spec_.aggregate.merge(*accumulator, value);
      }
    };
    const auto combine_slice = [&](Timestamp slice_end, Table& table) {
      if (!firing.cold_only) {
        std::as_const(table).for_each([&](const Key& key, const Accumulator& value, std::uint64_t hash) {
          if (all || part.contains(key_group_of(hash, key_groups_))) combine(key, value, hash);
        });
      }
      for (std::uint16_t group = part.begin; group < part.end; ++group)
        state_.for_each_cold(slice_end, table, KeyGroup(group), combine);
    };
    slices().for_each_slice(firing.window.start + Duration{1}, firing.window.end, combine_slice);
    firing.results = &combined_;
    firing.cursor = combined_.begin();
    return true;
  }

  /// True when every key of the window is out.
  bool go_on_firing(Outputs& out) {
    while (!out.full()) {
      typename Table::ConstEntry entry;
      if (!std::as_const(*firing_->results).next(firing_->cursor, entry)) {
        if (put_together()) continue;
        return true;
      }
      if (!ahead_.empty() && has_fired(entry.hash, firing_->window.end)) [[unlikely]]
        continue;
      emit(*entry.key, firing_->window, *entry.value, out);
    }
    return false;
  }

  Aggregation spec_;
  WindowClock clock_;
  Host* host_ = nullptr;
  OperatorMetrics* metrics_ = nullptr;
  bool drain_ = false;
  KeyGroupRange range_;
  std::uint32_t key_groups_ = kDefaultKeyGroups;

  // After a rescale, until all key groups are at the same time.
  std::optional<Watermark> catch_up_to_;
  std::vector<WindowClock::AtKeyGroups> ahead_;  ///< of the clock: windows up to there have fired

  state::SlicedState<Key, Accumulator> state_;
  Table combined_;  ///< the firing window's results, all or some, unless one table has them all
  std::optional<Firing> firing_;

  // With more state than memory.
  state::KeyedState* keyed_ = nullptr;  ///< null: state is lost with the operator
  bool asked_ahead_ = false;            ///< what the batch at hand needs is read or on its way
  std::size_t scratch_bytes_ = std::numeric_limits<std::size_t>::max();

  // The slice that records fall into just now.
  Timestamp slice_start_ = Timestamp::min();
  Timestamp slice_end_ = Timestamp::min();
  Table* table_ = nullptr;
  bool refires_ = false;
};

}  // namespace weir::detail
