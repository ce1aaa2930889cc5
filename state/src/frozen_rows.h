#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "weir/core/host.h"
#include "weir/core/snapshot.h"
#include "weir/state/cold_store.h"
#include "weir/state/drain_buffer.h"
#include "weir/state/keyed_state.h"

namespace weir::state {

/// What a helper thread does for one drain: writes the rows into the cold store, exports it, has the files stored.
/// Calls block. Thread: one at a time.
struct FrozenRows {
  Host* host = nullptr;
  std::shared_ptr<ColdStore> cold;
  StoreFiles store_files;
  std::string export_directory;
  CheckpointId checkpoint{};
  DrainedRows rows;              ///< belong to the task again once they are written
  bool spare_memory = false;     ///< the rows are sorted by take_sorted()
  StateHandle handle;            ///< complete but for metadata and files
  std::vector<Horizon> expired;  ///< of states whose entries expire

  std::atomic<bool> written{false};  ///< the rows are in the cold store

  /// Errors: of the cold store; the rows are kept and can be written again. LostLocalState: that is to no avail.
  void write();

  /// Fills in the handle. Requires: written. Errors: of the cold store, and of what stores files; LostLocalState.
  void store();

 private:
  void ingest();
  void export_and_store();

  std::vector<RowChange> sorted_;  ///< of `rows`, until they are written
};

}  // namespace weir::state
