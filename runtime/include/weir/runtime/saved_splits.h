#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weir/checkpoint/manifest.h"
#include "weir/core/ids.h"
#include "weir/core/snapshot.h"

namespace weir::runtime {

/// What a checkpoint holds of one operator's subtask; null if nothing. Shares the manifest.
std::shared_ptr<const OperatorSnapshot> find_snapshot(std::shared_ptr<const checkpoint::Manifest> manifest,
                                                      std::string_view name, SubtaskIndex subtask);

/// The splits of one source in a checkpoint, by the subtask that reads them.
class SavedSplits {
 public:
  /// `manifest` may be null: nothing is saved. Errors: CorruptionError for a subtask that is missing, and for a split
  /// that two subtasks have.
  SavedSplits(std::shared_ptr<const checkpoint::Manifest> manifest, const std::string& source,
              std::uint32_t parallelism);

  bool found() const { return !subtasks_.empty(); }
  /// No further split will be discovered.
  bool complete() const { return complete_; }
  const std::vector<SavedSplit>& of(std::uint32_t subtask) const;
  const std::set<std::string>& ids() const { return ids_; }

 private:
  std::vector<std::shared_ptr<const OperatorSnapshot>> subtasks_;
  std::set<std::string> ids_;
  bool complete_ = false;
};

}  // namespace weir::runtime
