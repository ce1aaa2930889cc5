#pragma once

#include <string>
#include <utility>

#include "weir/core/kill.h"

namespace weir::sim {

/// Thrown where a simulated process dies.
///
/// Not derived from std::exception: no handler for errors takes a death for one. Once it is thrown the process has no
/// effect on its world any more, whatever its destructors do while the stack unwinds.
struct Killed : Kill {
  std::string point;  ///< the crash point

  explicit Killed(std::string at) : point(std::move(at)) {}
};

}  // namespace weir::sim
