#pragma once

#include <string>

#include "weir/core/forwarding_host.h"
#include "weir/sim/world.h"

namespace weir::tests {

/// A simulated world as seen from a place: its connections fail as sim::Net is told for that place.
class PlacedHost final : public ForwardingHost {
 public:
  PlacedHost(sim::World& world, const std::string& place) : ForwardingHost(world), network_(world.net().at(place)) {}

  Network& network() override { return network_; }

 private:
  Network& network_;
};

}  // namespace weir::tests
