#include "weir/runtime/saved_splits.h"

#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::runtime {

std::shared_ptr<const OperatorSnapshot> find_snapshot(std::shared_ptr<const checkpoint::Manifest> manifest,
                                                      std::string_view name, SubtaskIndex subtask) {
  if (manifest == nullptr) return nullptr;
  for (const OperatorSnapshot& snapshot : manifest->operators) {
    if (snapshot.name == name && snapshot.subtask == subtask) return {manifest, &snapshot};
  }
  return nullptr;
}

SavedSplits::SavedSplits(std::shared_ptr<const checkpoint::Manifest> manifest, const std::string& source,
                         std::uint32_t parallelism) {
  if (manifest == nullptr) return;
  complete_ = true;
  for (std::uint32_t subtask = 0; subtask < parallelism; ++subtask) {
    auto snapshot = find_snapshot(manifest, source, SubtaskIndex(subtask));
    if (snapshot == nullptr)
      throw CorruptionError(fmt::format("the checkpoint {} says nothing of subtask {} of source '{}'",
                                        manifest->checkpoint.value(), subtask, source));
    complete_ = complete_ && snapshot->all_splits;
    for (const SavedSplit& split : snapshot->splits) {
      if (!ids_.insert(split.split.id).second)
        throw CorruptionError(fmt::format("the checkpoint {} gives split '{}' of source '{}' to two subtasks",
                                          manifest->checkpoint.value(), split.split.id, source));
    }
    subtasks_.push_back(std::move(snapshot));
  }
}

const std::vector<SavedSplit>& SavedSplits::of(std::uint32_t subtask) const {
  static const std::vector<SavedSplit> none;
  return subtasks_.empty() ? none : subtasks_[subtask]->splits;
}

}  // namespace weir::runtime
