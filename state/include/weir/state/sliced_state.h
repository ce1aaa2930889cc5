#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/error.h"
#include "weir/core/snapshot.h"
#include "weir/state/keyed_state.h"
#include "weir/state/row_writer.h"
#include "weir/state/slices.h"
#include "weir/state/state_declaration.h"
#include "weir/state/state_section.h"

namespace weir::state {

/// Slices that survive a failure.
///
///   void open(const OperatorContext& context) override {
///     if (context.state != nullptr) counts_.open(*context.state, "counts");
///   }
///   ... *counts_.slices().at(slice_end).find_or_insert(hash, key).first += 1;
///
/// The horizon comes back with the slices: what ends at or before it is not to be asked for again. Without open() they
/// are slices as any other. Hashes are hash_key() of the keys. Thread: task thread only.
template <class K, class Acc>
class SlicedState final : private StateSection, private EntryReader<K, Acc> {
 public:
  SlicedState() = default;
  SlicedState(const SlicedState&) = delete;
  SlicedState& operator=(const SlicedState&) = delete;

  /// In the operator's open(). `name` tells the operator's states apart. Requires: this lives as long as `state`.
  void open(KeyedState& state, std::string name) {
    state.add(declare_value<K, Acc>(std::move(name), Sliced::kYes), *this);
  }

  Slices<K, Acc>& slices() { return slices_; }
  const Slices<K, Acc>& slices() const { return slices_; }

  /// Has the entry read ahead if it is not here, before it is asked for. Requires: the slice's table is `table`.
  template <class Key>
  void want(Timestamp slice_end, const Table<K, Acc>& table, std::uint64_t hash, const Key& key) {
    if (table.cold_only() > 0 && !table.holds(hash, key)) rows_.want(slice_end, hash, key);
  }

  /// Calls f(const K&, Acc&&, hash) for the entries of a slice in a key group that only the cold store has. Blocks.
  /// Requires: f finds, inserts and erases nothing in the slice.
  template <class F>
  void for_each_cold(Timestamp slice_end, const Table<K, Acc>& table, KeyGroup group, F&& f) {
    if (table.cold_only() == 0) return;
    rows_.scan(group, slice_end, [&](const K& key, Acc&& value, std::uint64_t hash) {
      if (!table.holds(hash, key)) f(key, std::move(value), hash);
      return true;
    });
  }

 private:
  void attach(const SectionContext& context) override {
    rows_.attach(context);
    if (!rows_.attached()) return;
    slices_.track(rows_);
    if (context.reads != nullptr) slices_.read_from(*this);
  }
  void freeze() override { slices_.freeze(); }
  bool encode() override {
    return slices_.drain([this] { return rows_.enough(); });
  }
  void load(const RowPrefix& prefix, std::string_view key, std::string_view value) override {
    rows_.load(prefix, key, value, slices_.at(*prefix.slice_end), [](const K&, std::uint64_t) {});
  }
  void finish_load() override {
    rows_.finish_load([](const K&, std::uint64_t) {});
  }
  Timestamp horizon() const override { return slices_.horizon(); }
  void set_horizon(Timestamp horizon) override { slices_.expire_until(horizon); }
  std::size_t entries() const override { return slices_.entries(); }

  Memory memory() const override {
    Memory memory = slices_.memory();
    memory.bytes += memory.entries * rows_.bytes_elsewhere();
    memory.row_bytes = rows_.row_bytes();
    return memory;
  }
  bool evict() override { return slices_.evict(); }

  void count(StateCount& count) const override {
    count.entries = slices_.entries();
    if (slices_.size() > kMostCounted) return;
    slices_.for_each_slice([&count](Timestamp end, const Table<K, Acc>& table) {
      const std::size_t entries = table.size() + table.cold_only();
      if (entries > 0) count.slices.push_back({end, entries});
    });
  }
  bool begin_cold(const StateCount& count, ColdStore&) override {
    if (count.entries > 0 && count.slices.empty()) return false;
    return std::all_of(count.slices.begin(), count.slices.end(),
                       [this](const SliceCount& slice) { return slices_.begin_cold(slice.end, slice.entries); });
  }
  bool walked() const override { return slices_.walked(); }
  void bring_back(const RowPrefix& prefix, std::string_view key, std::string_view value) override {
    Table<K, Acc>* const table = slices_.find(*prefix.slice_end);
    if (table == nullptr) throw CorruptionError("a row of state is in a slice of which the checkpoint counts none");
    rows_.bring_back(prefix, key, value, *table, [](const K&, std::uint64_t) {});
  }
  void finish_bringing_back() override {
    rows_.finish_bringing_back([](const K&, std::uint64_t) {});
  }
  void stop_reading() override {
    slices_.stop_reading();
    rows_.stop_reading();
  }
  bool leave_cold(const RowPrefix& prefix, std::string_view) override { return slices_.leave_cold(*prefix.slice_end); }

  bool read(Timestamp slice, std::uint64_t hash, const K& key, Acc& value) override {
    return rows_.read(slice, hash, key, value);
  }

  /// Slices that are counted one by one in a checkpoint; with more of them a restore reads all rows first.
  static constexpr std::size_t kMostCounted = 10'000;

  RowWriter<K, Acc> rows_{Sliced::kYes};
  Slices<K, Acc> slices_;
};

}  // namespace weir::state
