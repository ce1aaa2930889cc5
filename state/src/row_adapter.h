#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/evolution.h"
#include "weir/core/key_groups.h"
#include "weir/core/snapshot.h"
#include "weir/state/cold_store.h"

namespace weir::state {

/// Changes the rows of single states in a cold store, so that all of them are as the job has them now.
///
/// A restore does so once, before anything else reads the store: whoever reads rows later needs to know of no schema
/// but the job's. Memory: the rows of a state in one key group, or 16 MB if that is more. Thread: one owner; blocks.
class RowAdapter {
 public:
  /// Gives up when `gone`, which is asked now and then. `cold` has key groups of `range` only.
  RowAdapter(ColdStore& cold, KeyGroupRange range, std::function<bool()> gone)
      : cold_(cold), range_(range), gone_(std::move(gone)) {}

  /// Changes the value of every live row of the state. Errors: Evolution::migrate()'s.
  void migrate(const KeyedStateInfo& state, const Evolution& evolution);

  /// Puts the rows of timers that lie by key where those that lie by time do. Errors: CorruptionError.
  void sort_by_time(const KeyedStateInfo& timers);

  /// Deletes every row of the state. How many were live.
  std::uint64_t drop(const KeyedStateInfo& state);

 private:
  /// A row, and whether no horizon hides it.
  using Visit = std::function<void(std::string_view key, std::string_view value, bool live)>;

  /// For all rows of the state; ingests what `visit` has added.
  void for_each_row(const KeyedStateInfo& state, const Visit& visit);
  void add(RowChange::Kind kind, std::string_view key, std::string_view value);
  void flush();

  struct Row {
    RowChange::Kind kind;
    std::size_t key;
    std::size_t value;
  };

  ColdStore& cold_;
  const KeyGroupRange range_;
  const std::function<bool()> gone_;
  std::vector<Row> rows_;
  std::string bytes_;
};

}  // namespace weir::state
