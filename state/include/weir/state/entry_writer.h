#pragma once

#include <cstdint>

#include "weir/core/time.h"

namespace weir::state {

/// Where tables write down what a checkpoint or the cold store must know of their entries. Thread: the tables'.
template <class K, class V>
class EntryWriter {
 public:
  virtual ~EntryWriter() = default;

  /// An entry as it was when its table was frozen. `slice` is what the table was told when it began to be tracked.
  virtual void put(Timestamp slice, std::uint64_t hash, const K& key, const V& value) = 0;

  /// An entry that the cold store has, or will have when what was put has arrived, ends. Belongs to the next freeze.
  virtual void erase(Timestamp slice, std::uint64_t hash, const K& key) = 0;
};

}  // namespace weir::state
