#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "weir/core/graph.h"
#include "weir/core/host.h"
#include "weir/core/time.h"

namespace weir::benchmarks {

/// A job that updates one value of many keys in turn, at a rate: every key is changed as often as every other.
struct KeyedUpdates {
  std::uint64_t keys = 1'000'000;
  double updates_per_second = 500'000;
  std::function<void(std::uint64_t index)> on_generate = [](std::uint64_t) {};  ///< on the source's thread
  std::uint64_t updates = 0;                                                    ///< after which it ends; 0: never
  std::function<void(std::uint64_t index)> on_update = [](std::uint64_t) {};    ///< on the thread that updates

  Graph graph() const;
};

}  // namespace weir::benchmarks
