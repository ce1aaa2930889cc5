#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "weir/checkpoint/manifest.h"
#include "weir/core/snapshot.h"

namespace weir::runtime {

/// The splits of one source in a checkpoint, by the subtask that reads them from now on.
///
/// While the source's parallelism stays, every subtask goes on with its own. When it has changed, all splits are dealt
/// out anew, in turn, in the order of the subtasks that had them.
class SavedSplits {
 public:
  /// `manifest` may be null: nothing is saved. Errors: CorruptionError for a subtask that is missing, and for a split
  /// that two subtasks have.
  SavedSplits(std::shared_ptr<const checkpoint::Manifest> manifest, const std::string& source,
              std::uint32_t parallelism);

  bool found() const { return found_; }
  /// No further split will be discovered.
  bool complete() const { return complete_; }
  const std::vector<SavedSplit>& of(std::uint32_t subtask) const { return subtasks_[subtask]; }
  const std::set<std::string>& ids() const { return ids_; }

 private:
  std::vector<std::vector<SavedSplit>> subtasks_;
  std::set<std::string> ids_;
  bool found_ = false;
  bool complete_ = false;
};

}  // namespace weir::runtime
