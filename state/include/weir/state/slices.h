#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "weir/core/time.h"
#include "weir/state/table.h"

namespace weir::state {

/// The state of a windowed operator: for each slice of time, named by its end, a table from keys to accumulators.
///
/// This is the seam behind which state leaves memory. A caller names slices, keys and hashes, asks for a table whenever
/// it needs one, keeps no reference to it across watermarks, and never concludes from an absent table that a slice had
/// no keys, except by first(), next() and for_each_slice().
///
/// References to tables are valid until their slice expires. The memory of expired tables serves later slices.
/// Thread: one owner at a time.
template <class K, class Acc>
class Slices {
 public:
  using TableType = Table<K, Acc>;

  Slices() = default;
  Slices(Slices&& other) noexcept
      : slices_(std::move(other.slices_)), free_(std::move(other.free_)), last_(std::exchange(other.last_, nullptr)) {
    last_end_ = other.last_end_;
    other.slices_.clear();
    other.free_.clear();
  }
  Slices& operator=(Slices&& other) noexcept {
    slices_ = std::exchange(other.slices_, {});
    free_ = std::exchange(other.free_, {});
    last_ = std::exchange(other.last_, nullptr);
    last_end_ = other.last_end_;
    return *this;
  }

  /// The table of the slice that ends at `end`, made if need be. Nothing to look up if it was the last one asked for.
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

  /// Forgets the slices that end at or before `time`.
  void expire_until(Timestamp time) {
    while (!slices_.empty() && slices_.begin()->first <= time) {
      Node node = slices_.extract(slices_.begin());
      if (last_ == &node.mapped()) last_ = nullptr;
      node.mapped().clear();
      free_.push_back(std::move(node));
    }
    if (free_.size() > slices_.size() + kSpareTables) free_.resize(slices_.size() + kSpareTables);
  }

  /// The number of slices.
  std::size_t size() const { return slices_.size(); }
  bool empty() const { return slices_.empty(); }

  /// Bytes held by all tables, those kept for later slices too.
  std::size_t memory_bytes() const {
    std::size_t bytes = 0;
    for (const auto& [end, table] : slices_) bytes += table.memory_bytes();
    for (const Node& node : free_) bytes += node.mapped().memory_bytes();
    return bytes;
  }

 private:
  using Map = std::map<Timestamp, TableType>;
  using Node = typename Map::node_type;

  /// Tables kept for later slices, beyond as many as there are slices.
  static constexpr std::size_t kSpareTables = 2;

  [[gnu::noinline]] TableType& make(Timestamp end) {
    auto slice = slices_.lower_bound(end);
    if (slice == slices_.end() || slice->first != end) {
      if (free_.empty()) {
        slice = slices_.try_emplace(slice, end);
      } else {
        free_.back().key() = end;
        slice = slices_.insert(slice, std::move(free_.back()));
        free_.pop_back();
      }
    }
    last_end_ = end;
    last_ = &slice->second;
    return *last_;
  }

  std::optional<Timestamp> end_of(typename Map::const_iterator slice) const {
    return slice != slices_.end() ? std::optional(slice->first) : std::nullopt;
  }

  Map slices_;
  std::vector<Node> free_;  ///< map nodes of expired slices, their tables cleared
  TableType* last_ = nullptr;
  Timestamp last_end_{};
};

}  // namespace weir::state
