#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "weir/core/ids.h"

namespace weir::runtime {

/// Which process of a job runs a subtask. Subtask i of every task runs in slot i, so that what goes from subtask i to
/// subtask i stays in its process.
class Placement {
 public:
  /// All in one process.
  Placement() : Placement(std::vector<std::uint32_t>{0}) {}

  /// By slot: its process, 0 .. n - 1, each at least once. Requires: not empty.
  explicit Placement(std::vector<std::uint32_t> processes) : processes_(std::move(processes)) {
    for (const std::uint32_t process : processes_) count_ = process < count_ ? count_ : process + 1;
  }

  std::uint32_t process_of(SubtaskIndex subtask) const { return processes_[subtask.value() % processes_.size()]; }
  std::uint32_t processes() const { return count_; }
  const std::vector<std::uint32_t>& by_slot() const { return processes_; }

 private:
  std::vector<std::uint32_t> processes_;
  std::uint32_t count_ = 1;
};

}  // namespace weir::runtime
