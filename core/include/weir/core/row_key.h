#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "weir/core/ids.h"
#include "weir/core/key_codec.h"
#include "weir/core/time.h"

// Every entry of keyed state is kept under one row key, whatever it is (value, list, map entry, timer, session):
//
//   key group (2 bytes, big-endian) | state (2, big-endian) | slice end (8, order-preserving; only of sliced states) |
//   key (prefix-free) | sub-key
//
// Row keys sort by key group, so that rescaling moves ranges; within it by state and slice end, so that what expires
// lies together; then by key.

namespace weir {

/// A state of an operator, as numbered by the manifest of its checkpoint.
using StateId = StrongId<struct StateIdTag, std::uint16_t>;

/// Whether a state's entries belong to slices of time.
enum class Sliced : std::uint8_t { kNo, kYes };

/// What stands before the key.
struct RowPrefix {
  KeyGroup group;
  StateId state;
  std::optional<Timestamp> slice_end;

  friend bool operator==(const RowPrefix&, const RowPrefix&) = default;
};

/// Appends the prefix alone: what all row keys of that state (and slice) begin with.
void append_row_prefix(const RowPrefix& prefix, KeyBuffer& out);

/// The smallest row key of a key group is not below these bytes, the greatest of the group before is. `group` may be
/// one past the last key group.
void append_group_bound(std::uint32_t group, KeyBuffer& out);

/// Appends a whole row key.
template <class K>
void append_row_key(const RowPrefix& prefix, const K& key, KeyBuffer& out, std::string_view sub_key = {}) {
  append_row_prefix(prefix, out);
  encode_key(key, out);
  out.append(sub_key);
}

/// The state that a row key belongs to; whether it is sliced must be known to read on. Errors: CorruptionError.
StateId state_of_row(std::string_view row_key);

/// Reads the prefix from the front of `row_key` and takes it off: decode_key reads on, the sub-key remains.
/// Errors: CorruptionError.
RowPrefix take_row_prefix(std::string_view& row_key, Sliced sliced);

}  // namespace weir
