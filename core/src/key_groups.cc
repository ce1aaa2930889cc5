#include "weir/core/key_groups.h"

#include "weir/core/check.h"

namespace weir {

KeyGroupTable::KeyGroupTable(std::uint32_t parallelism, std::uint32_t groups) : groups_(groups), subtasks_(groups) {
  WEIR_CHECK(groups >= 1 && groups <= kMaxKeyGroups, groups);
  WEIR_CHECK(parallelism >= 1 && parallelism <= groups, parallelism, groups);
  for (std::uint32_t group = 0; group < groups; ++group)
    subtasks_[group] = static_cast<std::uint16_t>(
        subtask_of(KeyGroup(static_cast<std::uint16_t>(group)), parallelism, groups).value());
}

}  // namespace weir
