#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "weir/core/element.h"
#include "weir/core/host.h"
#include "weir/core/operator.h"
#include "weir/core/watermark_merger.h"
#include "weir/runtime/barrier_aligner.h"
#include "weir/runtime/channel.h"

namespace weir::runtime {

/// Where a task's channels come together: takes elements in turn, merges the watermarks, and aligns barriers: what
/// comes behind a barrier waits until every channel has delivered it.
///
/// Thread: task thread only. It does not own the channels.
class Gate {
 public:
  /// How a barrier came together.
  struct Alignment {
    std::chrono::nanoseconds duration{0};  ///< from the first channel's barrier to the last one's
    std::uint64_t batches = 0;             ///< that had to wait, when the last one came
  };

  /// An element for the task, and where its batch goes back to.
  struct Arrival {
    Element element;
    InputIndex input{};
    std::size_t channel = 0;
    std::uint8_t lane = 0;
  };

  /// Adds a channel whose lane i brings batches for `lanes[i]`. Requires: the channel outlives the gate.
  void add(Channel& channel, std::vector<InputIndex> lanes);

  /// Whose clock times alignments; without it they take no time. Requires: it outlives the gate.
  void set_host(Host& host) { host_ = &host; }

  /// The next thing the task has to handle: a batch, a watermark that rose, idleness that began or ended, a barrier
  /// that all channels have delivered, or, once, the end: after every channel has ended; only barriers follow it.
  /// Returns false if there is nothing now.
  bool next(Arrival& arrival);

  /// Returns a batch that came by a lane of a channel.
  void give_back(std::size_t channel, std::uint8_t lane, BatchPtr batch) {
    inputs_[channel].channel->give_back(lane, std::move(batch));
  }

  bool ended() const { return end_delivered_; }

  /// Of all batches that came.
  std::uint64_t bytes_received() const { return bytes_received_; }

  /// The watermark that was told last.
  Watermark told() const { return told_watermark_; }
  /// No watermark up to `floor` will be told: it was, before a failure. Requires: nothing was told yet.
  void set_floor(Watermark floor) { told_watermark_ = floor; }

  /// Of the barrier that next() returned last.
  const Alignment& alignment() const { return alignment_; }

 private:
  struct Input {
    Channel* channel;
    std::vector<InputIndex> lanes;
  };

  /// Turns what the merger knows into the next sign, if there is one to tell.
  bool next_sign(Element& element);
  void apply(std::size_t channel, const Element& sign);
  /// True: all channels have delivered it.
  bool align(std::size_t channel, CheckpointId barrier);
  void begin_alignment();
  void end_alignment();

  Host* host_ = nullptr;
  std::vector<Input> inputs_;
  BarrierAligner aligner_;
  MonotonicTime alignment_began_{};
  Alignment alignment_;
  std::size_t turn_ = 0;
  std::size_t ended_ = 0;
  WatermarkMerger merger_;
  Watermark told_watermark_;
  WatermarkMerger::State told_state_ = WatermarkMerger::State::kActive;
  bool end_delivered_ = false;
  std::uint64_t bytes_received_ = 0;
};

}  // namespace weir::runtime
