#include "horizons.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "weir/core/reader.h"

namespace weir::state {

namespace {

// Key group, state; slice end.
constexpr std::size_t kPrefixBytes = 2 + 2;
constexpr std::size_t kSlicedPrefixBytes = kPrefixBytes + 8;

}  // namespace

void Horizons::raise(const std::vector<Horizon>& horizons) {
  for (const Horizon& horizon : horizons) {
    if (horizon.time == Timestamp::min()) continue;
    Times& times = horizon.of == Horizon::Of::kSlices ? slices_ : entries_;
    Timestamp& time = times.try_emplace(horizon.state, horizon.time).first->second;
    time = std::max(time, horizon.time);
  }
}

bool Horizons::drop(std::string_view row_key, std::string_view value) const {
  if (!slices_.empty() && row_key.size() >= kSlicedPrefixBytes) {
    std::string_view rest = row_key;
    const RowPrefix prefix = take_row_prefix(rest, Sliced::kYes);
    const auto horizon = slices_.find(prefix.state);
    if (horizon != slices_.end() && *prefix.slice_end <= horizon->second) return true;
  }
  if (entries_.empty() || row_key.size() < kPrefixBytes || value.size() < sizeof(std::int64_t)) return false;
  const auto horizon = entries_.find(state_of_row(row_key));
  return horizon != entries_.end() && timestamp_ms(Reader(value).fixed<std::int64_t>("time")) <= horizon->second;
}

}  // namespace weir::state
