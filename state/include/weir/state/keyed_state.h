#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/host.h"
#include "weir/core/ids.h"
#include "weir/core/key_groups.h"
#include "weir/core/notifier.h"
#include "weir/core/snapshot.h"
#include "weir/state/cold_reads.h"
#include "weir/state/cold_store.h"
#include "weir/state/non_restored.h"
#include "weir/state/state_declaration.h"
#include "weir/state/state_section.h"

namespace weir::state {

/// Puts the files of an export where a checkpoint keeps them, durably, and says where; those that an earlier checkpoint
/// keeps already need not be put again. Blocks; called on a helper thread. Results are in the order of `files`.
using StoreFiles = std::function<std::vector<StoredFile>(CheckpointId checkpoint, const std::vector<ColdFile>& files)>;

/// Brings files of a checkpoint back to where they can be read, verified. Blocks; called on a helper thread.
/// Errors: CorruptionError naming the file.
using FetchFiles = std::function<std::vector<ColdFile>(const std::vector<StoredFile>& files)>;

/// The keyed state of one operator in one subtask: its sections, and the drain that writes their changes down.
///
/// The operator registers its sections in open(). At a barrier the runtime calls freeze(); then work() between batches
/// until take_frozen() gives the handle, or take_failure() says why there is none: encoded by the task in slices of 100
/// us, sorted, ingested and exported by a helper thread. A drain that was begun always ends, even if its checkpoint was
/// aborted meanwhile. Without a cold store (no checkpoints) nothing is ever frozen.
///
/// Behind a restore, entries that need not be looked at stay in the cold store, and are read when they are asked for;
/// work() brings the others back between batches, as many as a share of memory holds.
///
/// With a share of memory the state may be larger: entries that the cold store has are forgotten between batches, and
/// read back when they are asked for. When too many have changed, a drain of its own begins, that ends with no handle:
/// an eviction. A barrier waits for it (evicting()), and for batches there is back-pressure (full()).
/// Thread: task thread only.
class KeyedState {
 public:
  struct Options {
    std::string operator_name;  ///< for messages
    KeyGroupRange range;
    std::uint32_t key_groups = kDefaultKeyGroups;
    Host* host = nullptr;
    Notifier notifier;
    std::shared_ptr<ColdStore> cold;  ///< null: no checkpoints
    std::string export_directory;     ///< exports go to <export_directory>-<checkpoint>, and are removed again
    StoreFiles store_files;
    /// An empty cold store for rows on their way; each is destroyed before the next is made. Blocks.
    std::function<std::unique_ptr<ColdStore>()> make_scratch;
    std::size_t slice_rows = 1024;  ///< the most that is encoded between two batches
    /// Bytes for all that is in memory of the state, and on its way to the cold store; what exceeds it is evicted
    /// between batches. None: all of the state stays in memory. Requires: a cold store.
    std::optional<std::size_t> memory;
    NonRestored non_restored = NonRestored::kRefused;
  };

  explicit KeyedState(Options options);
  ~KeyedState();
  KeyedState(const KeyedState&) = delete;
  KeyedState& operator=(const KeyedState&) = delete;

  KeyGroupRange range() const;
  std::uint32_t key_groups() const;

  // ---- The operator.

  /// Registers a state, in open() only; the id that its rows begin with is known at once. Requires: `name` is unique
  /// within the operator; `section` lives as long as this. Values of an earlier schema are brought up to date before
  /// they are loaded. Errors: UserError naming operator and state, with both schemas, for what Evolution refuses.
  StateId add(StateDeclaration declaration, StateSection& section);

  /// What was added, in that order.
  const std::vector<StateDeclaration>& declarations() const;

  // ---- The runtime.

  /// Before the operator is opened: what the checkpoint knows, so that states get their ids again. Of `restored`, the
  /// handles of any of the operator's subtasks, the key groups of this one are taken.
  /// Errors: CorruptionError if a key group of this one's is in no handle, or in two.
  void expect(std::vector<StateHandle> restored, FetchFiles fetch);

  /// After the operator was opened: begins to bring the state back on a helper thread.
  /// Errors: UserError naming operator and state for one that the operator does not have any more, unless such are
  /// dropped.
  void start_restore();
  /// Nothing is to be brought back, or as much as must be in memory before the first record is there; otherwise the
  /// task is notified. Errors: what made it fail.
  bool restored();

  /// Whether freeze() may be called. False: a drain is under way; or rows of the last one could not be written, which
  /// is tried again now.
  bool can_freeze();

  /// A barrier passed. O(number of sections). Requires: can_freeze().
  void freeze(CheckpointId checkpoint);

  /// Encodes, evicts or brings back entries of a restored checkpoint for about 100 us each. True: there is more, call
  /// again between batches; false: a helper works (the task is notified), or nothing is to do. Errors: what an eviction
  /// failed with; those of the cold store; CorruptionError if the checkpoint counts other entries than came back.
  bool work();

  /// An eviction writes: a barrier has to wait; the task is notified when it has ended. `next`: whether another may
  /// begin.
  enum class NextEviction : bool { kMayBegin, kWaits };
  bool evicting(NextEviction next);

  /// More is in memory than the share, and work() is about to change that: no batch is to be handled before.
  bool full() const;

  // ---- Operators and the runtime.

  /// Reads ahead of batches; null: everything is in memory, and stays there. To be asked for each batch again: behind a
  /// restore it is there until everything has come back, unless there is a share of memory.
  ColdReads* reads();

  /// There is a share of memory.
  bool limited() const;

  /// Bytes that an operator may take for a while on top of what it keeps, to put results together; without a share of
  /// memory, no end.
  std::size_t scratch_bytes() const;

  /// What is in memory, and what was done to keep it small.
  struct StateUse {
    std::string name;
    std::size_t bytes = 0;
    std::uint64_t entries = 0;       ///< in memory
    std::uint64_t entries_cold = 0;  ///< in the cold store alone
  };
  struct MemoryUse {
    std::size_t share = 0;           ///< 0: no limit
    std::size_t bytes = 0;           ///< tables, and rows on their way
    std::uint64_t entries = 0;       ///< in memory
    std::uint64_t entries_cold = 0;  ///< in the cold store alone
    std::uint64_t evictions = 0;     ///< drains
    std::uint64_t rows_ahead = 0;    ///< read together, ahead of batches
    std::uint64_t rows_at_once = 0;  ///< read while the task waited
    std::vector<StateUse> states;
  };
  MemoryUse memory_use() const;

  /// Why the newest drain that has ended gave no handle, once; the state itself has lost nothing.
  std::exception_ptr take_failure();

  /// The handle of the newest drain that has ended, once. Empty files for a state without entries.
  std::optional<StateHandle> take_frozen();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::state
