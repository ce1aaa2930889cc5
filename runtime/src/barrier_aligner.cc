#include "weir/runtime/barrier_aligner.h"

#include <algorithm>

#include "weir/core/check.h"

namespace weir::runtime {

BarrierAligner::Outcome BarrierAligner::on_barrier(std::size_t input, CheckpointId barrier) {
  WEIR_CHECK(input < held_.size() && !held_[input], input, held_.size(), barrier.value());
  const bool current = aligning() && barrier == *newest_;
  if (!current && newest_ && barrier <= *newest_) return Outcome::kStale;
  const bool cancels = !current && aligning();
  if (!current) {
    std::fill(held_.begin(), held_.end(), false);
    waiting_for_ = held_.size();
    newest_ = barrier;
  }
  held_[input] = true;
  if (--waiting_for_ > 0) return cancels ? Outcome::kCancelled : Outcome::kWaiting;
  std::fill(held_.begin(), held_.end(), false);
  return Outcome::kAligned;
}

}  // namespace weir::runtime
