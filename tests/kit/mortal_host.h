#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/forwarding_host.h"
#include "weir/sim/crash_points.h"
#include "weir/sim/world.h"

namespace weir::tests {

/// A process of its own in a simulated world: at a place of the network, and it can die at a crash point while others
/// live on. What it made is to be destroyed then, before anything else happens: after every event whoever runs the
/// world asks dead().
class MortalHost final : public ForwardingHost {
 public:
  /// Thrown at the crash point, through whatever the process does.
  struct Died {};

  MortalHost(sim::World& world, const std::string& place) : ForwardingHost(world), network_(world.net().at(place)) {}

  void arm(std::string crash_point, std::uint64_t nth, sim::Side side) {
    points_.arm(std::move(crash_point), nth, side);
  }
  void disarm() { points_.disarm(); }
  /// It dies now: nothing that is under way has an effect any more.
  void kill() { *dead_ = true; }
  bool dead() const { return *dead_; }
  const std::map<std::string, std::uint64_t, std::less<>>& crash_points_hit() const { return points_.hits(); }

  Network& network() override { return network_; }
  void blocking(std::function<void()> work, std::function<void(std::exception_ptr)> done) override {
    inner().blocking(
        [dead = dead_, work = std::move(work)] {
          if (!*dead) work();
        },
        [dead = dead_, done = std::move(done)](std::exception_ptr error) {
          if (!*dead) done(std::move(error));
        });
  }
  void crash_point(std::string_view name) override {
    using Verdict = sim::CrashPoints::Verdict;
    const Verdict verdict = points_.hit(name);
    if (*dead_ || verdict == Verdict::kLive) return;
    *dead_ = true;
    if (verdict == Verdict::kDieNow) throw Died{};
  }

 private:
  Network& network_;
  sim::CrashPoints points_;
  std::shared_ptr<bool> dead_ = std::make_shared<bool>(false);
};

}  // namespace weir::tests
