#pragma once

#include <cstddef>
#include <vector>

#include "weir/core/element.h"
#include "weir/core/operator.h"
#include "weir/core/watermark_merger.h"
#include "weir/runtime/channel.h"

namespace weir::runtime {

/// Where a task's channels come together: takes elements in turn and merges the watermarks.
///
/// Thread: task thread only. It does not own the channels.
class Gate {
 public:
  /// An element for the task, and where its batch goes back to.
  struct Arrival {
    Element element;
    InputIndex input{};
    std::size_t channel = 0;
    std::uint8_t lane = 0;
  };

  /// Adds a channel whose lane i brings batches for `lanes[i]`. Requires: the channel outlives the gate.
  void add(Channel& channel, std::vector<InputIndex> lanes);

  /// The next thing the task has to handle: a batch, a watermark that rose, idleness that began or ended, or, once, the
  /// end: after every channel has ended. Returns false if there is nothing now.
  bool next(Arrival& arrival);

  /// Returns a batch that came by a lane of a channel.
  void give_back(std::size_t channel, std::uint8_t lane, BatchPtr batch) {
    inputs_[channel].channel->give_back(lane, std::move(batch));
  }

  bool ended() const { return end_delivered_; }

 private:
  struct Input {
    Channel* channel;
    std::vector<InputIndex> lanes;
    bool ended = false;
  };

  /// Turns what the merger knows into the next sign, if there is one to tell.
  bool next_sign(Element& element);
  void apply(std::size_t channel, const Element& sign);

  std::vector<Input> inputs_;
  std::size_t turn_ = 0;
  std::size_t ended_ = 0;
  WatermarkMerger merger_;
  Watermark told_watermark_;
  WatermarkMerger::State told_state_ = WatermarkMerger::State::kActive;
  bool end_delivered_ = false;
};

}  // namespace weir::runtime
