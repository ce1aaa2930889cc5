#include "recent_checkpoints.h"

#include <utility>

namespace weir::checkpoint {

void RecentCheckpoints::completed(CheckpointRecord record, const CompletedStatistics& statistics, std::string path,
                                  Timestamp at) {
  record.state = CheckpointRecord::State::kCompleted;
  record.ended = at;
  record.statistics = statistics;
  record.path = std::move(path);
  add(std::move(record));
  std::size_t kept = 0;
  for (auto it = ended_.rbegin(); it != ended_.rend(); ++it) {
    if (it->state == CheckpointRecord::State::kCompleted) it->discarded = ++kept > retained_;
  }
}

void RecentCheckpoints::failed(CheckpointRecord record, std::string why, Timestamp at) {
  record.state = CheckpointRecord::State::kFailed;
  record.ended = at;
  record.failure = std::move(why);
  add(std::move(record));
}

void RecentCheckpoints::add(CheckpointRecord record) {
  ended_.push_back(std::move(record));
  if (ended_.size() > kKept) ended_.pop_front();
}

}  // namespace weir::checkpoint
