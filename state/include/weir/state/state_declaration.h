#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/evolution.h"
#include "weir/core/row_key.h"
#include "weir/core/schema_of.h"
#include "weir/core/snapshot.h"
#include "weir/core/time.h"
#include "weir/core/value_type.h"

namespace weir::state {

/// Tells up to which time entries have expired by now. Only rises.
using ExpiredBefore = std::function<Timestamp()>;

/// A keyed state as its operator declares it.
struct StateDeclaration {
  std::string name;
  StateKind kind = StateKind::kValue;
  Sliced sliced = Sliced::kNo;
  Schema key;
  ValueType value;  ///< of all that is kept for a key, as KeyedStateInfo::value
  /// Of a state whose values are Expiring<V>: rows that have expired need not be kept. Null: none does.
  ExpiredBefore expired_before = nullptr;
};

/// The values of its rows are Expiring<V>.
bool is_expiring(const KeyedStateInfo& state);

template <class K, class V>
StateDeclaration declare_value(std::string name, Sliced sliced = Sliced::kNo) {
  return {std::move(name), StateKind::kValue, sliced, schema_of<K>(), value_type_of<V>(), nullptr};
}

template <class K, class V>
StateDeclaration declare_list(std::string name) {
  ValueType list{{Schema::Kind::kList, {}, {{"element", schema_of<V>()}}}, {value_type_of<V>()}};
  return {std::move(name), StateKind::kList, Sliced::kNo, schema_of<K>(), std::move(list), nullptr};
}

template <class K, class MapKey, class V>
StateDeclaration declare_map(std::string name) {
  ValueType map{{Schema::Kind::kMap, {}, {{"key", schema_of<MapKey>()}, {"value", schema_of<V>()}}},
                {value_type_of<MapKey>(), value_type_of<V>()}};
  return {std::move(name), StateKind::kMap, Sliced::kNo, schema_of<K>(), std::move(map), nullptr};
}

/// A timer lies in the slice that ends at its time.
template <class K>
StateDeclaration declare_timers(std::string name) {
  return {std::move(name), StateKind::kTimers, Sliced::kYes, schema_of<K>(), value_type_of<std::vector<Timestamp>>(),
          nullptr};
}

/// What becomes of a state of a checkpoint in the job.
struct StateFate {
  enum class Kind : unsigned char { kKept, kMigrated, kRefused };

  Kind kind = Kind::kKept;
  std::vector<std::string> changes;  ///< of kMigrated: Evolution::changes()
  std::string refusal;               ///< of kRefused: why, with both sides, and what to do
};

/// Timers of a checkpoint that did not lie in slices yet: their rows are to be written anew.
bool timers_lie_by_key(const KeyedStateInfo& stored, StateKind kind);

/// Pure.
StateFate fate_of(const KeyedStateInfo& stored, const StateDeclaration& declared);

/// How the values of the state's rows become those of now. Requires: fate_of() says kMigrated.
Evolution evolution_of_rows(const KeyedStateInfo& stored, const StateDeclaration& declared);

}  // namespace weir::state
