#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/checkpoint/coordinator.h"
#include "weir/checkpoint/manifest.h"
#include "weir/checkpoint/statistics.h"
#include "weir/core/time.h"

#include "pending_checkpoint.h"
#include "recent_checkpoints.h"

namespace weir::checkpoint {

/// What a coordinator's checkpoints come to: counts them, and keeps those that ended last. No I/O. Thread: one owner.
class Tally {
 public:
  /// `retained`: Options::retained.
  explicit Tally(std::uint32_t retained);

  /// An attempt goes on from `opened` (no manifest: from the beginning), whose checkpoint is at `path`.
  void restored(const Opened& opened, const std::string& path, Timestamp now);

  /// One of these for each checkpoint that was taken. `path`: its directory.
  void completed(const PendingCheckpoint& of, const Manifest& manifest, std::string path, Moment now);
  void failed(const PendingCheckpoint& of, const std::string& why, Timestamp now);
  /// Not failed: its attempt ended first.
  void cut_off(const PendingCheckpoint& of, const std::string& why, Timestamp now);

  void refused_ack() { ++statistics_.refused_acks; }
  void failed_clean_up() { ++statistics_.failed_clean_ups; }

  std::uint32_t failed_in_a_row() const { return statistics_.failed_in_a_row; }

  /// `pending`: being taken, or null. Valid until the next call.
  const Statistics& statistics(const PendingCheckpoint* pending, std::uint64_t undelivered);
  /// The last ones that ended, then `pending` (null: none); the newest last.
  std::vector<CheckpointRecord> recent(const PendingCheckpoint* pending) const;

 private:
  Statistics statistics_;
  RecentCheckpoints recent_;
};

}  // namespace weir::checkpoint
