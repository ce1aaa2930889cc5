#pragma once

#include "weir/sim/world.h"

#include "cold_places.h"

namespace weir::state {

/// Map stores in a simulated world.
class MapPlace final : public ColdPlace {
 public:
  MapPlace() { world_.disk().make_directories(root()); }

  sim::World& world() { return world_; }
  Host& host() override { return world_; }
  std::string root() override { return "/local"; }
  std::unique_ptr<ColdStores> stores() override {
    const std::string directory = new_path("stores");
    world_.disk().make_directories(directory);
    return make_map_stores(world_, directory);
  }

 private:
  sim::World world_{1};
};

}  // namespace weir::state
