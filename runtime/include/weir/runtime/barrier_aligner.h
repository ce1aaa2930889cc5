#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "weir/core/ids.h"

namespace weir::runtime {

/// Holds back the inputs that have delivered the current barrier until all have.
///
/// Every input delivers every barrier, also behind its end. At most one barrier is in alignment; one that is not newer
/// than the newest so far is dropped, and a newer one cancels it: its checkpoint is over, or there would be no other.
/// Thread: task thread only. Owned by Gate.
class BarrierAligner {
 public:
  enum class Outcome : std::uint8_t {
    kWaiting,    ///< other inputs have not delivered it yet: this one is held back
    kAligned,    ///< all have: no input is held back
    kCancelled,  ///< kWaiting, and the barrier that was in alignment is given up: its inputs are free
    kStale,      ///< not newer than one that was aligned, given up or is in alignment at other inputs: dropped
  };

  void add_input() { held_.push_back(false); }

  /// Input `input` delivered `barrier`. Requires: it is not held back. With one input a newer barrier is kAligned at
  /// once, also if it cancels none.
  Outcome on_barrier(std::size_t input, CheckpointId barrier);

  /// Nothing behind the barrier may be taken from this input yet.
  bool held(std::size_t input) const { return held_[input]; }

  /// A barrier is in alignment.
  bool aligning() const { return waiting_for_ > 0; }

 private:
  std::vector<bool> held_;
  std::size_t waiting_for_ = 0;  ///< inputs that lack the barrier in alignment; 0: none is
  std::optional<CheckpointId> newest_;
};

}  // namespace weir::runtime
