#include "weir/cluster/cluster_rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/cluster/messages.h"

namespace weir::cluster {

std::optional<std::string> choose_task_manager(std::uint32_t slots, const std::vector<SlotFacts>& managers) {
  const SlotFacts* best = nullptr;
  for (const SlotFacts& manager : managers) {
    if (!manager.connected || manager.free_slots < slots) continue;
    const bool better = best == nullptr || manager.free_slots > best->free_slots ||
                        (manager.free_slots == best->free_slots && manager.node < best->node);
    if (better) best = &manager;
  }
  if (best == nullptr) return std::nullopt;
  return best->node;
}

std::string missing_slots(std::uint32_t slots, const std::vector<SlotFacts>& managers) {
  std::uint32_t most = 0;
  std::uint32_t most_free = 0;
  std::size_t connected = 0;
  for (const SlotFacts& manager : managers) {
    if (!manager.connected) continue;
    ++connected;
    most = std::max(most, manager.slots);
    most_free = std::max(most_free, manager.free_slots);
  }
  const std::string needs = fmt::format("waits for {} free slot{} on one TaskManager", slots, slots == 1 ? "" : "s");
  if (connected == 0) return needs + ": no TaskManager is connected";
  if (most < slots)
    return needs + fmt::format(
                       ": the largest has {}; run the job with a smaller parallelism, or start a TaskManager "
                       "with --slots {}",
                       most, slots);
  return needs + fmt::format(": {} are free at most; end another job, or start another TaskManager", most_free);
}

FenceDecision decide_fence(MonotonicTime last_heard, MonotonicTime now, const HeartbeatLimits& limits) {
  return now - last_heard >= limits.silence ? FenceDecision::kKillWorkers : FenceDecision::kKeepWorkers;
}

MonotonicTime may_give_away_at(MonotonicTime last_said, const HeartbeatLimits& limits) {
  // What was said last may have been heard an interval later; the TaskManager looks at its clock once an interval.
  return last_said + limits.silence + 2 * limits.interval;
}

std::string decide_hello(const Hello& hello, const ExpectedPeer& expected) {
  if (hello.version != kProtocolVersion)
    return fmt::format("its protocol has version {}, that of the JobManager {}: run the same version of Weir on both",
                       hello.version, kProtocolVersion);
  if (hello.cluster != expected.cluster) return "it belongs to another cluster";
  if (hello.token != expected.token) return "its token is wrong";
  if (hello.node.empty() || hello.slots == 0) return "it says neither its name nor its slots";
  return "";
}

}  // namespace weir::cluster
