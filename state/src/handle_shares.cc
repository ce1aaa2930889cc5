#include "weir/state/handle_shares.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::state {

namespace {

/// Apart from horizons, which every subtask has for itself.
bool same_states(std::vector<KeyedStateInfo> a, std::vector<KeyedStateInfo> b) {
  for (auto* states : {&a, &b})
    for (KeyedStateInfo& state : *states) state.horizon = Timestamp::min();
  return a == b;
}

}  // namespace

std::vector<HandleShare> share_handles(const std::vector<StateHandle>& handles, KeyGroupRange range,
                                       std::string_view operator_name) {
  std::vector<HandleShare> shares;
  for (std::size_t i = 0; i < handles.size(); ++i) {
    const KeyGroupRange common = handles[i].range.intersect(range);
    if (!common.empty()) shares.push_back({i, common, common == handles[i].range});
  }
  std::sort(shares.begin(), shares.end(),
            [](const HandleShare& a, const HandleShare& b) { return a.range.begin < b.range.begin; });
  std::uint16_t next = range.begin;
  for (const HandleShare& share : shares) {
    if (share.range.begin != next)
      throw CorruptionError(fmt::format("the checkpoint of operator '{}' has key group {} {}", operator_name,
                                        std::min(share.range.begin, next),
                                        share.range.begin > next ? "nowhere" : "twice"));
    next = share.range.end;
  }
  if (next != range.end && !range.empty())
    throw CorruptionError(fmt::format("the checkpoint of operator '{}' has key group {} nowhere", operator_name, next));
  return shares;
}

std::vector<KeyedStateInfo> merge_states(const std::vector<StateHandle>& handles,
                                         const std::vector<HandleShare>& shares, std::string_view operator_name) {
  std::vector<KeyedStateInfo> merged;
  for (const HandleShare& share : shares) {
    const std::vector<KeyedStateInfo>& states = handles[share.handle].states;
    if (&share == &shares.front()) merged = states;
    if (!same_states(states, merged))
      throw CorruptionError(
          fmt::format("the subtasks of operator '{}' do not have the same states in the checkpoint", operator_name));
    for (std::size_t i = 0; i < states.size(); ++i) merged[i].horizon = std::min(merged[i].horizon, states[i].horizon);
  }
  return merged;
}

std::size_t share_to_take_over(const std::vector<StateHandle>& handles, const std::vector<HandleShare>& shares,
                               const std::vector<KeyedStateInfo>& merged) {
  std::size_t best = shares.size();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const StateHandle& handle = handles[shares[i].handle];
    if (!shares[i].whole || handle.states != merged) continue;
    if (best == shares.size() || handle.entries > handles[shares[best].handle].entries) best = i;
  }
  return best;
}

bool can_begin_cold(const std::vector<StateHandle>& handles, const std::vector<HandleShare>& shares) {
  if (shares.size() != 1 || !shares.front().whole) return false;
  const StateHandle& handle = handles[shares.front().handle];
  if (handle.files.empty() || handle.counts.size() != handle.states.size()) return false;
  std::uint64_t counted = 0;
  for (const StateCount& count : handle.counts) counted += count.entries;
  return counted == handle.entries;
}

}  // namespace weir::state
