#pragma once

#include <cstddef>
#include <cstdint>

#include "weir/connectors/nexmark/events.h"
#include "weir/connectors/nexmark/generator.h"
#include "weir/core/arena.h"
#include "weir/core/time.h"

namespace weir::nexmark {

/// Walks a range of a generator's positions and gives the bids only, many per call: the fast way to read bids.
///
/// The bids are those of Generator::bid_numbers and Generator::bid. Splitting the range among cursors splits the bids.
/// Thread: one owner at a time.
class BidCursor {
 public:
  /// All positions of a generator.
  explicit BidCursor(const Generator& generator) : BidCursor(generator, 0, generator.events()) {}

  /// Positions [from, to). Requires: 0 <= from <= to <= generator.events().
  BidCursor(const Generator& generator, std::int64_t from, std::int64_t to);

  /// Writes the next bids and their times, `n` or as many as there are; returns how many. 0 (for n > 0): the end.
  std::size_t fill(BidNumbers* out, Timestamp* timestamps, std::size_t n);

  /// The same with whole bids, their texts in `arena`.
  std::size_t fill(Bid* out, Timestamp* timestamps, std::size_t n, Arena& arena);

  /// Every bid before this position has been given, none after it.
  std::int64_t position() const { return k_; }
  std::int64_t end() const { return to_; }

  /// Goes on at position `k`. Requires: 0 <= k <= end().
  void seek(std::int64_t k);

 private:
  // Calls make(id, number, place, epoch) for each of the next bids.
  template <class Make>
  std::size_t walk(std::size_t n, Make make);

  Generator generator_;
  std::int64_t k_;
  std::int64_t to_;
};

}  // namespace weir::nexmark
