#include "tally.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace weir::checkpoint {

Tally::Tally(std::uint32_t retained) : recent_(std::max<std::size_t>(retained, 1)) {}

void Tally::restored(const Opened& opened, const std::string& path, Timestamp now) {
  statistics_.restored.reset();
  if (opened.manifest == nullptr) return;
  statistics_.restored = opened.manifest->checkpoint;
  ++statistics_.restores;
  const bool savepoint = !opened.savepoint.empty();
  statistics_.last_restore =
      RestoredRecord{opened.manifest->checkpoint, now, savepoint ? opened.savepoint : path, savepoint};
}

void Tally::completed(const PendingCheckpoint& of, const Manifest& manifest, std::string path, Moment now) {
  const CompletedStatistics completed = of.completed_statistics(manifest, now.monotonic);
  recent_.completed(of.record(), completed, std::move(path), now.wall);
  ++statistics_.completed;
  statistics_.failed_in_a_row = 0;
  statistics_.last = completed;
}

void Tally::failed(const PendingCheckpoint& of, const std::string& why, Timestamp now) {
  recent_.failed(of.record(), why, now);
  ++statistics_.failed;
  ++statistics_.failed_in_a_row;
  statistics_.last_failure = fmt::format("checkpoint {} failed: {}", of.trigger().checkpoint.value(), why);
}

void Tally::cut_off(const PendingCheckpoint& of, const std::string& why, Timestamp now) {
  recent_.failed(of.record(), why, now);
  ++statistics_.cut_off;
}

const Statistics& Tally::statistics(const PendingCheckpoint* pending, std::uint64_t undelivered) {
  statistics_.undelivered = undelivered;
  statistics_.pending = pending != nullptr ? std::optional(pending->statistics()) : std::nullopt;
  return statistics_;
}

std::vector<CheckpointRecord> Tally::recent(const PendingCheckpoint* pending) const {
  std::vector<CheckpointRecord> recent(recent_.ended().begin(), recent_.ended().end());
  if (pending != nullptr) recent.push_back(pending->record());
  return recent;
}

}  // namespace weir::checkpoint
