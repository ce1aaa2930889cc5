#include "recovery/fault_plan.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "weir/core/crash_points.h"
#include "weir/sim/random.h"

namespace weir::tests {

namespace {

using namespace std::chrono_literals;
using sim::DiskFault;
using sim::DiskOperation;

constexpr const char* kMiddle = "checkpoint: last ack";

PlannedKill draw_kill(sim::Random& random) {
  PlannedKill kill;
  kill.power = random.one_in(2);
  if (random.one_in(3)) {
    // From a handful to some thousands, every magnitude alike.
    kill.events = random.below(std::uint64_t{16} << random.below(10));
  } else {
    kill.crash_point = kCrashPoints[random.below(kCrashPoints.size())];
    kill.nth = random.one_in(2) ? 1 : random.between(1, 6);
    kill.side = random.one_in(2) ? sim::Side::kBefore : sim::Side::kAfter;
  }
  return kill;
}

PlannedDiskFault draw_disk_fault(sim::Random& random) {
  PlannedDiskFault planned;
  planned.from = random.between(0ns, 60ms);
  planned.lasts = random.between(1ms, 60ms);
  DiskFault& fault = planned.fault;
  fault.kind = static_cast<DiskFault::Kind>(random.below(5));
  switch (random.below(4)) {
    case 0:
      fault.path = "/checkpoints/*";
      break;
    case 1:
      fault.path = "/out/*";
      break;
    case 2:
      fault.path = "*.sst";
      break;
    default:
      break;
  }
  if (fault.kind != DiskFault::Kind::kReadOnly && random.one_in(2))
    fault.operations = {
        static_cast<DiskOperation>(random.below(static_cast<std::uint64_t>(DiskOperation::kSyncDirectory) + 1))};
  if (fault.kind == DiskFault::Kind::kBitFlip) {
    // What the input holds is not Weir's to protect.
    constexpr const char* kStored[] = {"/checkpoints/*/shared/*", "/checkpoints/*/chk/*", "/checkpoints/*/log/*",
                                       "/checkpoints/*/local/*"};
    fault.path = kStored[random.below(std::size(kStored))];
    fault.operations = {};
  }
  fault.probability = random.one_in(2) ? 1 : 0.05;
  if (random.one_in(2)) fault.times = random.between(1, 5);
  fault.latency = random.between(1ms, 200ms);
  return planned;
}

}  // namespace

FaultPlan draw_fault_plan(std::uint64_t seed) {
  sim::Random random(seed * 2);
  FaultPlan plan;
  const std::uint64_t kills = random.one_in(5) ? 0 : random.between(1, 5);
  for (std::uint64_t i = 0; i < kills; ++i) plan.kills.push_back(draw_kill(random));
  // State comes back within a few events: somebody has to wait for them.
  if (kills > 0 && random.one_in(3))
    plan.kills.push_back({.crash_point = "restore: loading", .nth = random.between(1, 6), .power = random.one_in(2)});
  if (random.one_in(2)) {
    const std::uint64_t faults = random.between(1, 4);
    for (std::uint64_t i = 0; i < faults; ++i) plan.disk.push_back(draw_disk_fault(random));
  }
  if (random.one_in(3)) {
    const std::uint64_t failures = random.between(1, 4);
    for (std::uint64_t i = 0; i < failures; ++i) plan.user_failures.insert(random.below(600));
  }
  if (random.one_in(8)) plan.capacity = random.between(1'000, 60'000);
  if (random.one_in(4))
    plan.wall_jumps.emplace_back(random.between(0ns, 50ms),
                                 Duration(static_cast<std::int64_t>(random.below(7'200'000)) - 3'600'000));
  for (PlannedKill& kill : plan.kills) kill.cancel = kill.crash_point.empty() && random.one_in(3);
  return plan;
}

FaultPlan plan_for(const std::string& crash_point, std::uint64_t nth, sim::Side side, bool power, bool recovering) {
  FaultPlan plan;
  if (recovering) plan.kills.push_back({.crash_point = kMiddle, .nth = 2});
  plan.kills.push_back({.crash_point = crash_point, .nth = nth, .side = side, .power = power});
  return plan;
}

std::string FaultPlan::describe() const {
  std::string text;
  for (const PlannedKill& kill : kills) {
    if (kill.cancel) {
      text += fmt::format("cancelled behind {} events; ", kill.events);
      continue;
    }
    if (kill.crash_point.empty()) {
      text += fmt::format("killed behind {} events", kill.events);
    } else {
      text += fmt::format("killed {} hit {} of '{}'", kill.side == sim::Side::kBefore ? "at" : "after", kill.nth,
                          kill.crash_point);
    }
    text += kill.power ? " with the power lost; " : "; ";
  }
  if (!disk.empty()) text += fmt::format("{} disk faults; ", disk.size());
  if (capacity) text += fmt::format("a disk of {} bytes; ", *capacity);
  if (!user_failures.empty()) text += fmt::format("user code fails at calls {}; ", fmt::join(user_failures, ", "));
  if (!wall_jumps.empty()) text += "the wall clock jumps; ";
  if (text.empty()) return "undisturbed";
  text.resize(text.size() - 2);
  return text;
}

}  // namespace weir::tests
