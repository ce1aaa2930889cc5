#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "weir/core/element.h"
#include "weir/runtime/ready_set.h"
#include "weir/runtime/spsc_ring.h"

namespace weir::runtime {

/// From one subtask to another: a bounded ring of elements, and a ring on which emptied batches come back.
///
/// Nothing blocks: a producer that finds it full is signalled when there is room, a consumer when there is something.
/// Thread: push() and take_returned() by the producing task, pop() and give_back() by the consuming one.
class Channel {
 public:
  /// Holds up to `capacity` elements. Batches of one lane are of one type.
  Channel(std::size_t capacity, std::size_t lanes, TaskSignal producer, TaskSignal consumer)
      : forward_(capacity), producer_(producer), consumer_(consumer) {
    for (std::size_t lane = 0; lane < lanes; ++lane)
      back_.push_back(std::make_unique<SpscRing<BatchPtr>>(capacity + 2));
  }

  /// Sends an element on; or leaves it alone, returns false, and will signal the producer.
  bool push(Element& element) {
    if (!forward_.push(element)) {
      producer_waits_.store(true);
      // The consumer may have made room before it could see the flag.
      if (!forward_.push(element)) return false;
      producer_waits_.store(false);
    }
    consumer_.raise();
    return true;
  }

  /// Receives the next element, if there is one.
  bool pop(Element& element) {
    if (!forward_.pop(element)) return false;
    if (producer_waits_.load()) {
      producer_waits_.store(false);
      producer_.raise();
    }
    return true;
  }

  /// About how many elements are on their way. Consumer only.
  std::size_t waiting() const { return forward_.size(); }

  /// Returns a batch to the producer for filling; when its ring is full the batch is freed.
  void give_back(std::uint8_t lane, BatchPtr batch) {
    batch->clear();
    back_[lane]->push(batch);
  }

  /// An empty batch that came back, or null.
  BatchPtr take_returned(std::uint8_t lane) {
    BatchPtr batch;
    back_[lane]->pop(batch);
    return batch;
  }

 private:
  SpscRing<Element> forward_;
  std::vector<std::unique_ptr<SpscRing<BatchPtr>>> back_;  ///< by lane
  std::atomic<bool> producer_waits_{false};
  TaskSignal producer_;
  TaskSignal consumer_;
};

}  // namespace weir::runtime
