// A job of several processes whose network is cut one way, both ways and for good, and whose processes vanish and die
// at crash points. Whoever is lost is started again, as a JobManager does; an attempt that is overtaken may live on.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "weir/core/crash_points.h"
#include "weir/sim/killed.h"
#include "weir/sim/random.h"
#include "weir/sim/world.h"

#include "spread_job.h"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using runtime::JobResult;
using runtime::Placement;

class SpreadJobFaults : public SpreadJob, public testing::WithParamInterface<std::uint64_t> {
 protected:
  static Placement some_placement(sim::Random& random) {
    switch (random.below(4)) {
      case 0:
        return Placement({0, 1, 2, 3});
      case 1:
        return Placement({0, 0, 1, 1});
      case 2:
        return Placement({0, 1, 2, 2});
      default:
        return Placement({0, 1, 1, 0});
    }
  }

  void survive(std::uint64_t seed) {
    sim::World world(seed);
    sim::Random random(seed + 1'000'000);
    begin_anew();
    std::vector<std::unique_ptr<Run>> runs;
    const auto calm = std::make_shared<bool>(false);
    std::uint64_t attempt = 1;
    for (const std::uint64_t disturbed = random.between(1, 4); attempt <= disturbed; ++attempt) {
      const Placement placement = some_placement(random);
      if (random.one_in(3)) arm(world, random);
      for (std::uint64_t faults = random.between(1, 3); faults > 0; --faults)
        fail_sometime(world, random, placement.processes(), calm);
      runs.push_back(std::make_unique<Run>(world, *this, placement, attempt));
      if (!go_on(world, random, runs)) break;
    }
    *calm = true;
    world.disarm();
    world.net().heal();
    if (runs.empty() || !runs.back()->result)
      runs.push_back(std::make_unique<Run>(world, *this, some_placement(random), attempt));
    world.run_until([&] { return runs.back()->result || !runs.back()->lost.empty(); });
    // Each of those that live on may begin late, when its processes find each other at last, and take over once.
    for (std::size_t late = runs.size() - 1; late > 0 && is_overtaken(*runs.back()); --late) {
      runs.push_back(std::make_unique<Run>(world, *this, some_placement(random), ++attempt));
      world.run_until([&] { return runs.back()->result || !runs.back()->lost.empty(); });
    }
    Run& last = *runs.back();
    ASSERT_TRUE(last.result.has_value()) << last.lost << "; seed " << seed;
    ASSERT_EQ(last.result->state, JobResult::State::kFinished) << last.result->message << "; seed " << seed;
    ASSERT_NO_FATAL_FAILURE(expect_every_result_once()) << "seed " << seed;
  }

 private:
  static bool is_overtaken(const Run& run) {
    return run.result && run.result->message.find("has taken over job") != std::string::npos;
  }

  static void arm(sim::World& world, sim::Random& random) {
    const std::string_view point = kCrashPoints[random.below(kCrashPoints.size())];
    const sim::Side side = random.one_in(2) ? sim::Side::kBefore : sim::Side::kAfter;
    world.arm(std::string(point), random.between(1, 3), side);
  }

  /// Something between two of the processes, unless it is `calm` by then.
  static void fail_sometime(sim::World& world, sim::Random& random, std::uint64_t processes,
                            const std::shared_ptr<bool>& calm) {
    const std::string one = std::to_string(random.below(processes));
    const std::string other = std::to_string(random.below(processes));
    const auto when = random.between(0ns, 300ms);
    const auto longest = random.one_in(2) ? std::chrono::nanoseconds(500ms) : std::chrono::nanoseconds(30s);
    world.after(when, [&world, kind = random.below(5), one, other, calm] {
      if (*calm) return;
      if (kind == 0) return world.net().break_off(one, other);
      if (kind == 1) return world.net().vanish(one);
      if (kind == 2) world.net().cut(other, one);
      world.net().cut(one, other);
    });
    world.after(when + random.between(0ns, longest), [&world, one, other] {
      world.net().heal(one, other);
      world.net().heal(other, one);
    });
  }

  /// False: the last run has ended. Else it was lost, and another is to follow.
  static bool go_on(sim::World& world, sim::Random& random, std::vector<std::unique_ptr<Run>>& runs) {
    Run& run = *runs.back();
    const MonotonicTime end = world.now() + 60s;
    world.after(60s, [] {});
    try {
      world.run_until([&] { return run.result.has_value() || !run.lost.empty() || world.now() >= end; });
    } catch (const sim::Killed&) {
      kill(world, runs);
      return true;
    }
    if (run.result) return false;
    // It may be gone, or live on for a while.
    if (random.one_in(2)) kill(world, runs);
    return true;
  }

  static void kill(sim::World& world, std::vector<std::unique_ptr<Run>>& runs) {
    world.kill_process();
    runs.clear();
    world.start_process();
  }
};

TEST_P(SpreadJobFaults, EveryResultIsShownOnceAllTheSame) {
  constexpr std::uint64_t kSeeds = 50;
  restart = runtime::RestartStrategy::Kind::kNone;
  for (std::uint64_t seed = GetParam() * kSeeds; seed < (GetParam() + 1) * kSeeds; ++seed)
    ASSERT_NO_FATAL_FAILURE(survive(seed)) << "seed " << seed;
}

INSTANTIATE_TEST_SUITE_P(Seeds, SpreadJobFaults, testing::Range<std::uint64_t>(0, 10));

}  // namespace
}  // namespace weir::cluster
