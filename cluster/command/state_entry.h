#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "weir/core/ids.h"
#include "weir/core/time.h"

#include "checkpoint_states.h"

namespace weir::cluster {

class JsonWriter;

/// An entry of keyed state, readable: key and value are JSON.
struct StateEntry {
  /// What stands behind a key when it has several entries.
  enum class SubKey : std::uint8_t { kNone, kMapKey, kIndex, kTimer };

  KeyGroup group;
  std::optional<Timestamp> slice_end;
  std::string key;
  SubKey sub_key_kind = SubKey::kNone;
  std::string sub_key;
  std::string value;  ///< empty: a timer
};

/// Errors: CorruptionError for a row that the schemas do not fit.
StateEntry read_entry(const KeyedStateInfo& info, const CheckpointStates::Row& row);

/// Adds the members of the entry to an object that is open.
void add_members(const StateEntry& entry, JsonWriter& json);

/// Tab-separated, for people: slice end (UTC) if there is one, key, sub-key if there is one, value.
std::string text_of(const StateEntry& entry);

}  // namespace weir::cluster
