#pragma once

#include <cstdint>
#include <optional>

#include "weir/checkpoint/options.h"
#include "weir/core/time.h"

namespace weir::checkpoint {

/// What decides when the next checkpoint is triggered. All of one attempt.
struct TriggerFacts {
  MonotonicTime now{};
  MonotonicTime last_trigger{};             ///< or the attempt's beginning
  std::optional<MonotonicTime> last_end{};  ///< of a checkpoint, however it ended
  std::uint32_t failed_in_a_row = 0;
  bool asked = false;         ///< somebody waits for a checkpoint
  bool exhausted = false;     ///< all sources have read all: the next one is final
  bool final_failed = false;  ///< the last one was to be final
};

/// When to trigger the next checkpoint, not before `now`: at once if somebody asks; else the interval after the last
/// trigger, or at once at the end of input, but not within the minimum pause.
///
/// After a failure there is a pause, too: of the interval or one second, whichever is less, twice as long with each
/// failure in a row, up to ten seconds. Otherwise an interval that is shorter than a drain would find some task busy
/// with the last checkpoint every time, for ever.
MonotonicTime next_trigger(const TriggerFacts& facts, const Options& options);

}  // namespace weir::checkpoint
