#include "weir/runtime/saved_operator.h"

#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::runtime {

SavedOperator::SavedOperator(std::shared_ptr<const checkpoint::Manifest> manifest, std::string_view name,
                             SubtaskIndex subtask, std::uint32_t parallelism)
    : manifest_(std::move(manifest)), subtask_(subtask), parallelism_(parallelism) {
  if (manifest_ == nullptr) return;
  for (const OperatorSnapshot& snapshot : manifest_->operators) {
    if (snapshot.name != name) continue;
    before_.resize(snapshot.parallelism, nullptr);
    const std::uint32_t index = snapshot.subtask.value();
    if (index >= before_.size() || before_[index] != nullptr)
      throw CorruptionError(fmt::format("the checkpoint {} has subtask {} of '{}' twice, or of another parallelism",
                                        manifest_->checkpoint.value(), index, name));
    before_[index] = &snapshot;
  }
  for (std::size_t i = 0; i < before_.size(); ++i) {
    if (before_[i] != nullptr) continue;
    throw CorruptionError(
        fmt::format("the checkpoint {} says nothing of subtask {} of '{}'", manifest_->checkpoint.value(), i, name));
  }
}

std::vector<StateHandle> SavedOperator::handles() const {
  std::vector<StateHandle> handles;
  for (const OperatorSnapshot* snapshot : before_)
    if (snapshot->keyed && (rescaled() || snapshot == before_[subtask_.value()])) handles.push_back(*snapshot->keyed);
  return handles;
}

}  // namespace weir::runtime
