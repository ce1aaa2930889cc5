#pragma once

#include <cstdint>

#include "weir/core/time.h"

namespace weir::state {

/// Where tables read entries back that only the cold store has. Thread: the tables'.
template <class K, class V>
class EntryReader {
 public:
  virtual ~EntryReader() = default;

  /// Reads an entry into `value`. False: the cold store has none, or one that has ended. `slice` is what the table was
  /// told when it began to be tracked. May block. Errors: what the cold store fails with, CorruptionError.
  virtual bool read(Timestamp slice, std::uint64_t hash, const K& key, V& value) = 0;

  /// The table holds the entry that was read.
  virtual void came_back(const K& /*key*/, std::uint64_t /*hash*/) {}
};

}  // namespace weir::state
