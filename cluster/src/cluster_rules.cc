#include "weir/cluster/cluster_rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/cluster/messages.h"

namespace weir::cluster {

std::vector<JobPlace> choose_task_managers(std::uint32_t slots, std::vector<SlotFacts> managers) {
  std::erase_if(managers, [](const SlotFacts& manager) { return !manager.connected || manager.free_slots == 0; });
  std::sort(managers.begin(), managers.end(), [](const SlotFacts& a, const SlotFacts& b) {
    return a.free_slots != b.free_slots ? a.free_slots > b.free_slots : a.node < b.node;
  });
  std::vector<JobPlace> places;
  for (const SlotFacts& manager : managers) {
    if (slots == 0) break;
    places.push_back({manager.node, std::min(slots, manager.free_slots)});
    slots -= places.back().slots;
  }
  if (slots > 0) places.clear();
  return places;
}

std::string missing_slots(std::uint32_t slots, const std::vector<SlotFacts>& managers) {
  std::uint32_t all = 0;
  std::uint32_t free = 0;
  std::size_t connected = 0;
  for (const SlotFacts& manager : managers) {
    if (!manager.connected) continue;
    ++connected;
    all += manager.slots;
    free += manager.free_slots;
  }
  const std::string needs = fmt::format("waits for {} free slot{}", slots, slots == 1 ? "" : "s");
  if (connected == 0) return needs + ": no TaskManager is connected";
  if (all < slots)
    return needs + fmt::format(
                       ": the cluster has {}; run the job with a smaller parallelism, or start another TaskManager, or "
                       "one with more --slots",
                       all);
  return needs +
         fmt::format(": {} {} free; end another job, or start another TaskManager", free, free == 1 ? "is" : "are");
}

FenceDecision decide_fence(MonotonicTime last_answered, MonotonicTime now, const HeartbeatLimits& limits) {
  return now - last_answered >= limits.silence ? FenceDecision::kKillWorkers : FenceDecision::kKeepWorkers;
}

MonotonicTime may_give_away_at(MonotonicTime lost, const HeartbeatLimits& limits) {
  // The TaskManager looks at its clock once an interval, and killing takes a while.
  return lost + limits.silence + 2 * limits.interval;
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
