#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "weir/core/row_key.h"
#include "weir/core/snapshot.h"
#include "weir/core/time.h"

namespace weir::state {

class ColdReads;
class ColdStore;
class DrainBuffer;

/// What a section is told when it is registered.
struct SectionContext {
  StateId id{};  ///< its rows begin with it, after the key group
  std::uint32_t key_groups = 0;
  DrainBuffer* out = nullptr;  ///< where frozen entries and ended ones are written down; null: nowhere, ever
  ColdReads* reads = nullptr;  ///< where entries come back from; null: all stay in memory
};

/// One keyed state of an operator's subtask as the drain sees it: the tables that hold it, whatever their types.
///
/// Thread: task thread only, but load(), leave_cold(), finish_load() and begin_cold(), which one helper thread calls
/// while the task waits.
class StateSection {
 public:
  virtual ~StateSection() = default;

  /// Called once, when it is registered, before all else.
  virtual void attach(const SectionContext& context) = 0;

  /// All changes up to now belong to the checkpoint at hand: they are frozen. Later ones are not. Takes no longer for
  /// more entries. Requires: nothing is frozen still.
  virtual void freeze() = 0;

  /// Writes down frozen entries until DrainBuffer::enough(). True: none is left.
  virtual bool encode() = 0;

  /// A row of the restored checkpoint, its row prefix taken off. Errors: CorruptionError, of this row or an earlier
  /// one.
  virtual void load(const RowPrefix& prefix, std::string_view key_and_sub_key, std::string_view value) = 0;
  /// No more rows come, and all that came are there. Errors: CorruptionError.
  virtual void finish_load() {}

  /// Slices that end at or before it are gone; min() for states without slices.
  virtual Timestamp horizon() const = 0;
  /// Of a restored checkpoint: rows at or below it are not loaded. Called before load().
  virtual void set_horizon(Timestamp horizon) = 0;

  /// Live entries, whether in memory or not.
  virtual std::size_t entries() const = 0;
  /// The same, slice by slice where that is known.
  virtual void count(StateCount& count) const { count.entries = entries(); }

  // ---- More entries than memory. A section that says nothing of it keeps all of its entries.

  /// What it has in memory, and what of it.
  struct Memory {
    std::size_t bytes = 0;
    std::size_t entries = 0;
    std::size_t changed = 0;    ///< entries that changed since the last freeze
    std::size_t row_bytes = 0;  ///< of a row, on average
  };
  virtual Memory memory() const { return {}; }

  /// Forgets some entries that the cold store has as they are. False: all were looked at, the next call begins again.
  /// Requires: nothing is frozen, and the cold store has everything that was written.
  virtual bool evict() { return false; }

  /// Instead of load(): the row's entry stays in the cold store. False: it must be loaded.
  virtual bool leave_cold(const RowPrefix& /*prefix*/, std::string_view /*key_and_sub_key*/) { return false; }

  // ---- Entries that come back while the job runs.

  /// Instead of all calls of load(): so many entries stay in the cold store, which has nothing else of this state,
  /// until somebody asks for them or they are brought back. False: they must be loaded. Blocks.
  virtual bool begin_cold(const StateCount& /*count*/, ColdStore& /*cold*/) { return false; }

  /// Somebody goes through what is in memory, and nothing may come back meanwhile.
  virtual bool walked() const { return false; }

  /// A row that the cold store has now comes back, unless its entry did already: at once, or with
  /// finish_bringing_back(). Requires: begin_cold(); !walked(); nothing is frozen. Errors: CorruptionError.
  virtual void bring_back(const RowPrefix& /*prefix*/, std::string_view /*key_and_sub_key*/,
                          std::string_view /*value*/) {}
  virtual void finish_bringing_back() {}

  /// Everything is in memory and is going to stay there: SectionContext::reads is not to be used any more.
  virtual void stop_reading() {}
};

}  // namespace weir::state
