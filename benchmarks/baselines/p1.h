#pragma once

#include "benchmarks/result.h"
#include "benchmarks/settings.h"

namespace weir::benchmarks {

/// P1, the hand-written baseline: one thread, one loop, a table, no checkpoints, no operators, no exchange. What an
/// engine costs over it is what its user pays for the engine.
///
/// Bids come in the order of their times, so a window is put out as soon as a bid's time reaches its end.

/// Bids per auction in tumbling windows of settings.window.
Result p1_tumbling_count(const Settings& settings);

/// Bids per auction in windows of settings.window that begin every settings.slide: bids are counted once, in slices;
/// a running total per auction gains each slice when it ends and loses it when the last window over it has ended.
Result p1_sliding_count(const Settings& settings);

}  // namespace weir::benchmarks
