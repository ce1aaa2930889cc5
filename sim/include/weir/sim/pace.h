#pragma once

#include <chrono>
#include <cstdint>

#include "weir/sim/random.h"

namespace weir::sim {

/// How long things take in virtual time, and how often odd but legal things happen.
///
/// Worlds of different seeds differ in habits too: in half of them no loop is ever stepped without need, so that a
/// wake-up that was forgotten shows; in the others spurious steps and stalled loops look for wrong assumptions.
struct Pace {
  using Time = std::chrono::nanoseconds;

  Time step_min = std::chrono::microseconds(1);  ///< of a loop
  Time step_max = std::chrono::microseconds(20);
  Time control_min = Time(100);  ///< of work on the control loop
  Time control_max = std::chrono::microseconds(2);
  Time clock_read = Time(40);  ///< a program that waits for the clock to move sees it move

  Time blocking_typical = std::chrono::microseconds(200);  ///< until blocking work runs, and until its done
  Time blocking_worst = std::chrono::milliseconds(20);
  Time network_typical = std::chrono::microseconds(100);  ///< one way
  Time network_worst = std::chrono::milliseconds(5);

  std::uint32_t spurious_one_in = 0;  ///< events after which some loop is stepped without need; 0: never
  std::uint32_t stall_one_in = 0;     ///< steps before which the loop is held up; 0: never
  Time stall_max = std::chrono::milliseconds(5);

  /// Habits for a world, drawn from `random`.
  static Pace draw(Random& random);
};

/// Mostly up to `typical`, now and then nothing at all, rarely up to `worst`.
Pace::Time draw_latency(Random& random, Pace::Time typical, Pace::Time worst);

}  // namespace weir::sim
