#include "weir/runtime/saved_splits.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/runtime/saved_operator.h"

namespace weir::runtime {

SavedSplits::SavedSplits(std::shared_ptr<const checkpoint::Manifest> manifest, const std::string& source,
                         std::uint32_t parallelism)
    : subtasks_(parallelism) {
  const SavedOperator saved(manifest, source, SubtaskIndex(0), parallelism);
  found_ = saved.found();
  const auto& before = saved.before();
  complete_ = found_ && std::all_of(before.begin(), before.end(), [](const auto* of) { return of->all_splits; });
  std::uint32_t turn = 0;
  for (const OperatorSnapshot* snapshot : before) {
    for (const SavedSplit& split : snapshot->splits) {
      if (!ids_.insert(split.split.id).second)
        throw CorruptionError(fmt::format("the checkpoint {} gives split '{}' of source '{}' to two subtasks",
                                          manifest->checkpoint.value(), split.split.id, source));
      const std::uint32_t to = saved.rescaled() ? turn++ % parallelism : snapshot->subtask.value();
      subtasks_[to].push_back(split);
    }
  }
  const std::size_t dealt = std::accumulate(subtasks_.begin(), subtasks_.end(), std::size_t{0},
                                            [](std::size_t sum, const auto& of) { return sum + of.size(); });
  WEIR_CHECK(dealt == ids_.size(), source, dealt, ids_.size());
}

}  // namespace weir::runtime
