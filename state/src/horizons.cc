#include "horizons.h"

#include <algorithm>

namespace weir::state {

namespace {

// Key group, state, slice end.
constexpr std::size_t kSlicedPrefixBytes = 2 + 2 + 8;

}  // namespace

void Horizons::raise(const std::vector<Horizon>& horizons) {
  for (const Horizon& horizon : horizons) {
    if (horizon.time == Timestamp::min()) continue;
    Timestamp& time = times_.try_emplace(horizon.state, horizon.time).first->second;
    time = std::max(time, horizon.time);
  }
}

bool Horizons::drop(std::string_view row_key) const {
  if (times_.empty() || row_key.size() < kSlicedPrefixBytes) return false;
  const RowPrefix prefix = take_row_prefix(row_key, Sliced::kYes);
  const auto horizon = times_.find(prefix.state);
  return horizon != times_.end() && *prefix.slice_end <= horizon->second;
}

}  // namespace weir::state
