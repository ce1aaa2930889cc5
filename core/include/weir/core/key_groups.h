#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "weir/core/hash.h"
#include "weir/core/ids.h"

// A key group is the unit in which keyed state is stored and moved when a job is rescaled. A key's group follows from
// its hash, and a group's subtask from the parallelism; neither formula may ever change, checkpoints depend on both.

namespace weir {

/// The number of key groups is fixed for a job's life: it bounds the parallelism.
inline constexpr std::uint32_t kDefaultKeyGroups = 1024;
inline constexpr std::uint32_t kMaxKeyGroups = 32768;

/// The high 32 bits of the hash, scaled to 0 .. groups - 1. Requires: 1 <= groups <= kMaxKeyGroups.
constexpr KeyGroup key_group_of(KeyHash hash, std::uint32_t groups) {
  return KeyGroup(static_cast<std::uint16_t>(((hash >> 32) * groups) >> 32));
}

/// The subtask that owns a key group. Requires: group < groups, 1 <= parallelism <= groups <= kMaxKeyGroups.
constexpr SubtaskIndex subtask_of(KeyGroup group, std::uint32_t parallelism, std::uint32_t groups) {
  return SubtaskIndex(group.value() * parallelism / groups);
}

/// Key groups `begin` .. `end` - 1.
struct KeyGroupRange {
  std::uint16_t begin = 0;
  std::uint16_t end = 0;

  constexpr bool empty() const { return begin >= end; }
  constexpr std::uint32_t size() const { return empty() ? 0 : end - begin; }
  constexpr bool contains(KeyGroup group) const { return group.value() >= begin && group.value() < end; }

  /// The groups in both; empty if there are none.
  constexpr KeyGroupRange intersect(KeyGroupRange other) const {
    const KeyGroupRange common{begin > other.begin ? begin : other.begin, end < other.end ? end : other.end};
    return common.empty() ? KeyGroupRange{} : common;
  }
  constexpr bool overlaps(KeyGroupRange other) const { return !intersect(other).empty(); }

  friend constexpr bool operator==(const KeyGroupRange&, const KeyGroupRange&) = default;
};

/// All key groups of a subtask: the inverse of subtask_of. Requires: subtask < parallelism <= groups <= kMaxKeyGroups.
constexpr KeyGroupRange key_groups_of(SubtaskIndex subtask, std::uint32_t parallelism, std::uint32_t groups) {
  const auto first = [&](std::uint32_t s) {
    return static_cast<std::uint16_t>((s * groups + parallelism - 1) / parallelism);
  };
  return {first(subtask.value()), first(subtask.value() + 1)};
}

/// Key groups with their subtasks, looked up for every record that is partitioned by key. Thread-safe: const.
class KeyGroupTable {
 public:
  /// Errors: WEIR_CHECK for what subtask_of requires.
  KeyGroupTable(std::uint32_t parallelism, std::uint32_t groups);

  std::uint16_t subtask(KeyHash hash) const { return subtasks_[key_group_of(hash, groups_).value()]; }

  /// targets[i] = the subtask of hashes[i], for i < count.
  void subtasks(const KeyHash* hashes, std::size_t count, std::uint16_t* targets) const {
    for (std::size_t i = 0; i < count; ++i) targets[i] = subtask(hashes[i]);
  }

 private:
  std::uint32_t groups_;
  std::vector<std::uint16_t> subtasks_;
};

}  // namespace weir
