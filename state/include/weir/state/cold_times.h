#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "weir/core/key_groups.h"
#include "weir/core/row_key.h"
#include "weir/core/time.h"

namespace weir::state {

/// Between which times the timers lie that only the cold store has, for each key group of a subtask, and from which row
/// on they are to be read.
///
/// Bounds: there may be fewer timers between them than when they were noted, never one outside of them. Pure. Thread:
/// one owner at a time.
class ColdTimes {
 public:
  static constexpr Timestamp kNever = Timestamp::max();

  /// Nothing is cold. Before anything else.
  void open(KeyGroupRange range) { range_ = range; }

  /// A timer is in the cold store alone. Requires: the group is in the range; time < kNever.
  void add(KeyGroup group, Timestamp time);

  /// A timer of the group for this time may be in the cold store alone.
  bool may_hold(KeyGroup group, Timestamp time) const {
    if (groups_.empty()) return false;
    const Group& of = groups_[group.value() - range_.begin];
    return of.first <= time && time <= of.last;
  }

  /// None is earlier; kNever: there is none.
  Timestamp first() const { return first_; }

  /// The group that first() is of. Requires: first() < kNever.
  KeyGroup first_group() const;

  /// The row of the group from which on it is to be read; empty: all that are not before its first time.
  const std::string& first_row(KeyGroup group) const { return at(group).row; }

  /// What lies in the group before the row, which is for `time`, was read. `row`: see first_row().
  void read_up_to(KeyGroup group, Timestamp time, std::string row);

  /// What lies in the group was read.
  void read_all(KeyGroup group);

  /// Bytes held.
  std::size_t memory_bytes() const { return groups_.capacity() * sizeof(Group); }

 private:
  struct Group {
    Timestamp first = kNever;
    Timestamp last = Timestamp::min();
    std::string row = {};
  };

  Group& at(KeyGroup group) { return groups_[group.value() - range_.begin]; }
  const Group& at(KeyGroup group) const { return groups_[group.value() - range_.begin]; }
  void find_first();

  KeyGroupRange range_{};
  std::vector<Group> groups_;  ///< none until a timer is cold
  Timestamp first_ = kNever;   ///< of all groups
};

}  // namespace weir::state
