#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "weir/core/check.h"
#include "weir/core/time.h"
#include "weir/state/entry_reader.h"
#include "weir/state/entry_writer.h"
#include "weir/state/state_section.h"
#include "weir/state/table.h"

namespace weir::state {

/// The state of a windowed operator: for each slice of time, named by its end, a table from keys to accumulators.
///
/// This is the seam behind which state leaves memory. A caller names slices, keys and hashes, asks for a table whenever
/// it needs one, keeps no reference to it across watermarks and barriers, and never concludes from an absent table that
/// a slice had no keys, except by first(), next() and for_each_slice().
///
/// References to tables are valid until their slice expires. The memory of expired tables serves later slices.
///
/// freeze() and drain() are those of all tables; entries go to the writer with the end of their slice. Slices are not
/// erased entry by entry: what ends at or before the horizon is gone. One that expires with frozen entries is kept
/// aside until these are written. Thread: one owner at a time.
template <class K, class Acc>
class Slices {
 public:
  using TableType = Table<K, Acc>;

  Slices() = default;
  Slices(const Slices&) = delete;
  Slices& operator=(const Slices&) = delete;

  /// The table of the slice that ends at `end`, made if need be. Nothing to look up if it was the last one asked for.
  /// Requires: end > horizon().
  TableType& at(Timestamp end) {
    if (last_ != nullptr && last_end_ == end) [[likely]]
      return *last_;
    return make(end);
  }

  /// The table of the slice that ends at `end`, or null.
  TableType* find(Timestamp end) {
    if (last_ != nullptr && last_end_ == end) return last_;
    const auto found = slices_.find(end);
    return found != slices_.end() ? &found->second : nullptr;
  }

  /// The end of the earliest slice.
  std::optional<Timestamp> first() const { return end_of(slices_.begin()); }

  /// The end of the earliest slice that ends after `end`.
  std::optional<Timestamp> next(Timestamp end) const { return end_of(slices_.upper_bound(end)); }

  /// Calls f(Timestamp end, Table&) for the slices that end in [from, to], in order of time.
  /// Requires: f makes and expires no slice.
  template <class F>
  void for_each_slice(Timestamp from, Timestamp to, F&& f) {
    for (auto slice = slices_.lower_bound(from); slice != slices_.end() && slice->first <= to; ++slice) {
      f(slice->first, slice->second);
    }
  }

  /// The same for all of them, to look at.
  template <class F>
  void for_each_slice(F&& f) const {
    for (const auto& [end, table] : slices_) f(end, table);
  }

  /// Forgets the slices that end at or before `time`, and raises the horizon to it.
  void expire_until(Timestamp time) {
    horizon_ = std::max(horizon_, time);
    while (!slices_.empty() && slices_.begin()->first <= time) {
      Node node = slices_.extract(slices_.begin());
      if (last_ == &node.mapped()) last_ = nullptr;
      if (node.mapped().frozen()) {
        expired_frozen_.push_back(std::move(node));
      } else {
        recycle(std::move(node));
      }
    }
    drop_spares();
  }

  /// Slices that end at or before it are gone.
  Timestamp horizon() const { return horizon_; }

  /// Live entries of all slices, in tables or not.
  std::size_t entries() const {
    std::size_t entries = 0;
    for (const auto& [end, table] : slices_) entries += table.size() + table.cold_only();
    return entries;
  }

  /// Some slice has entries that only the cold store holds.
  bool any_cold() const {
    return std::any_of(slices_.begin(), slices_.end(), [](const auto& slice) { return slice.second.cold_only() > 0; });
  }

  // ---- Writing down.

  /// Entries go to `writer`. Requires: there are no slices; `writer` lives as long as the slices are used.
  void track(EntryWriter<K, Acc>& writer) {
    WEIR_CHECK(slices_.empty());
    writer_ = &writer;
  }

  /// Table::freeze() for all slices. Requires: !frozen(), and a writer.
  void freeze() {
    WEIR_CHECK(!frozen_);
    for (auto& [end, table] : slices_) table.freeze();
    frozen_ = true;
    drained_ = Timestamp::min();
  }

  bool frozen() const { return frozen_; }

  /// Table::drain() for all slices.
  template <class Enough>
  bool drain(Enough&& enough) {
    while (!expired_frozen_.empty()) {
      if (!expired_frozen_.back().mapped().drain(enough)) return false;
      recycle(std::move(expired_frozen_.back()));
      expired_frozen_.pop_back();
    }
    drop_spares();
    for (auto slice = slices_.lower_bound(drained_); slice != slices_.end(); ++slice) {
      drained_ = slice->first;
      if (!slice->second.drain(enough)) return false;
    }
    frozen_ = false;
    return true;
  }

  // ---- More entries than memory.

  /// Table::read_from() for all slices. Requires: there are no slices; a writer.
  void read_from(EntryReader<K, Acc>& reader) {
    WEIR_CHECK(slices_.empty() && writer_ != nullptr);
    reader_ = &reader;
  }

  /// Table::stop_reading() for all slices. Requires: !any_cold().
  void stop_reading() {
    reader_ = nullptr;
    for (auto& [end, table] : slices_) table.stop_reading();
    for (auto* nodes : {&free_, &expired_frozen_})
      for (Node& node : *nodes) node.mapped().stop_reading();
  }

  /// Nothing is evicted or brought back while a walk is under way, which may stop and go on.
  void begin_walk() { ++walks_; }
  void end_walk() { --walks_; }
  bool walked() const { return walks_ > 0; }

  /// Table::evict() for the next piece, the oldest slices first. False: all have been looked at.
  bool evict() {
    free_.clear();
    if (reader_ == nullptr || walks_ > 0) return false;
    auto slice = slices_.lower_bound(evicting_);
    if (slice != slices_.end()) {
      if (slice->second.evict(hand_, [](const K&, std::uint64_t) {})) {
        evicting_ = slice->first;
        return true;
      }
      hand_ = {};
      evicting_ = slice->first + Duration{1};
      ++slice;
    }
    if (slice != slices_.end()) return true;
    evicting_ = Timestamp::min();
    return false;
  }

  /// An entry of the slice stays in the cold store. False: it cannot.
  bool leave_cold(Timestamp end) {
    if (reader_ == nullptr) return false;
    at(end).expect_cold();
    return true;
  }

  /// The slice that ends at `end` is in the cold store alone, with so many entries. False: that cannot be.
  bool begin_cold(Timestamp end, std::size_t entries) {
    if (reader_ == nullptr) return false;
    at(end).expect_cold(entries);
    return true;
  }

  /// All tables, without what keys and values allocate themselves.
  StateSection::Memory memory() const {
    StateSection::Memory memory{.bytes = memory_bytes()};
    for (const auto& [end, table] : slices_) {
      memory.entries += table.size();
      memory.changed += table.changed();
    }
    return memory;
  }

  /// The number of slices.
  std::size_t size() const { return slices_.size(); }
  bool empty() const { return slices_.empty(); }

  /// Bytes held by all tables, those kept for later slices too.
  std::size_t memory_bytes() const {
    std::size_t bytes = 0;
    for (const auto& [end, table] : slices_) bytes += table.memory_bytes();
    for (const auto* nodes : {&free_, &expired_frozen_}) {
      for (const Node& node : *nodes) bytes += node.mapped().memory_bytes();
    }
    return bytes;
  }

 private:
  using Map = std::map<Timestamp, TableType>;
  using Node = typename Map::node_type;

  /// Tables kept for later slices, beyond as many as there are slices.
  static constexpr std::size_t kSpareTables = 2;

  void recycle(Node node) {
    node.mapped().clear();
    free_.push_back(std::move(node));
  }

  void drop_spares() {
    if (free_.size() > slices_.size() + kSpareTables) free_.resize(slices_.size() + kSpareTables);
  }

  [[gnu::noinline]] TableType& make(Timestamp end) {
    WEIR_CHECK(end > horizon_, to_ms(end), to_ms(horizon_));
    auto slice = slices_.lower_bound(end);
    if (slice == slices_.end() || slice->first != end) {
      if (free_.empty()) {
        slice = slices_.try_emplace(slice, end);
      } else {
        free_.back().key() = end;
        slice = slices_.insert(slice, std::move(free_.back()));
        free_.pop_back();
      }
      if (writer_ != nullptr) slice->second.track(*writer_, end);
      if (reader_ != nullptr) slice->second.read_from(*reader_);
    }
    last_end_ = end;
    last_ = &slice->second;
    return *last_;
  }

  std::optional<Timestamp> end_of(typename Map::const_iterator slice) const {
    return slice != slices_.end() ? std::optional(slice->first) : std::nullopt;
  }

  Map slices_;
  std::vector<Node> free_;            ///< map nodes of expired slices, their tables cleared
  std::vector<Node> expired_frozen_;  ///< map nodes of expired slices that are not written down yet
  TableType* last_ = nullptr;
  Timestamp last_end_{};
  Timestamp horizon_ = Timestamp::min();
  EntryWriter<K, Acc>* writer_ = nullptr;
  EntryReader<K, Acc>* reader_ = nullptr;
  int walks_ = 0;
  Timestamp evicting_ = Timestamp::min();  ///< slices that end before it were looked at in this round
  typename TableType::Hand hand_;          ///< in the slice after that
  bool frozen_ = false;
  Timestamp drained_{};  ///< slices that end before it are drained
};

}  // namespace weir::state
