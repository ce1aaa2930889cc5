#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "weir/checkpoint/statistics.h"

namespace weir::checkpoint {

/// The checkpoints that ended last, a bounded number.
class RecentCheckpoints {
 public:
  static constexpr std::size_t kKept = 10;

  /// `retained`: so many completed checkpoints exist at a time.
  explicit RecentCheckpoints(std::size_t retained) : retained_(retained) {}

  void completed(CheckpointRecord record, const CompletedStatistics& statistics, std::string path, Timestamp at);
  void failed(CheckpointRecord record, std::string why, Timestamp at);

  /// Oldest first.
  const std::deque<CheckpointRecord>& ended() const { return ended_; }

 private:
  void add(CheckpointRecord record);

  std::size_t retained_;
  std::deque<CheckpointRecord> ended_;
};

}  // namespace weir::checkpoint
