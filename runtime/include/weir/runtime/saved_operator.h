#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/checkpoint/manifest.h"
#include "weir/core/ids.h"
#include "weir/core/snapshot.h"

namespace weir::runtime {

/// What a checkpoint holds of one operator, as one of its subtasks of now sees it. Copies share the manifest.
class SavedOperator {
 public:
  /// Nothing.
  SavedOperator() = default;
  /// `manifest` may be null: nothing is saved. Errors: CorruptionError unless the manifest has each subtask of the
  /// operator once, or none.
  SavedOperator(std::shared_ptr<const checkpoint::Manifest> manifest, std::string_view name, SubtaskIndex subtask,
                std::uint32_t parallelism);

  bool found() const { return !before_.empty(); }
  /// The operator's parallelism is another now.
  bool rescaled() const { return found() && before_.size() != parallelism_; }
  /// This subtask's own. Requires: found() and not rescaled().
  const OperatorSnapshot& own() const { return *before_[subtask_.value()]; }
  /// Of all its subtasks, in their order.
  const std::vector<const OperatorSnapshot*>& before() const { return before_; }

  /// The keyed state that this subtask's key groups may lie in: of all subtasks, if their number has changed.
  std::vector<StateHandle> handles() const;

 private:
  std::shared_ptr<const checkpoint::Manifest> manifest_;
  SubtaskIndex subtask_{};
  std::uint32_t parallelism_ = 0;
  std::vector<const OperatorSnapshot*> before_;
};

}  // namespace weir::runtime
