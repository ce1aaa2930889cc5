#include "weir/checkpoint/history.h"

#include <algorithm>

namespace weir::checkpoint {
namespace {

void go_back(History& history, const CheckpointName& to) {
  const auto is_it = [&](const History::CompletedAt& at) { return at.completed.checkpoint == to; };
  const auto found = std::find_if(history.completed.rbegin(), history.completed.rend(), is_it);
  if (found == history.completed.rend()) history.lost = to;
  history.completed.erase(found.base(), history.completed.end());
}

}  // namespace

History read_history(const std::vector<LogEntry>& entries) {
  History history;
  const auto saw = [&](const CheckpointName& name) {
    history.highest_checkpoint = std::max(history.highest_checkpoint, name.checkpoint.value());
  };
  for (const LogEntry& entry : entries) {
    if (const auto* completed = std::get_if<Completed>(&entry.what)) {
      history.completed.push_back({entry.index, *completed});
      history.lost.reset();
      saw(completed->checkpoint);
    } else if (const auto* takeover = std::get_if<Takeover>(&entry.what)) {
      if (!takeover->restores) continue;
      saw(*takeover->restores);
      go_back(history, *takeover->restores);
    } else if (std::holds_alternative<Finished>(entry.what)) {
      history.finished = true;
    }
  }
  return history;
}

}  // namespace weir::checkpoint
