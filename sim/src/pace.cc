#include "weir/sim/pace.h"

namespace weir::sim {

using std::chrono::milliseconds;

Pace Pace::draw(Random& random) {
  Pace pace;
  if (random.one_in(2)) pace.spurious_one_in = 32;
  if (random.one_in(2)) pace.stall_one_in = 256;
  if (random.one_in(4)) pace.blocking_worst = milliseconds(300);
  if (random.one_in(4)) pace.network_worst = milliseconds(100);
  return pace;
}

Pace::Time draw_latency(Random& random, Pace::Time typical, Pace::Time worst) {
  switch (random.below(16)) {
    case 0:
      return random.between(Pace::Time(0), worst);
    case 1:
    case 2:
    case 3:
      return Pace::Time(0);
    default:
      return random.between(Pace::Time(0), typical);
  }
}

}  // namespace weir::sim
