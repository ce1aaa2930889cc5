#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "weir/core/element.h"
#include "weir/core/graph.h"
#include "weir/core/key_groups.h"
#include "weir/core/output.h"
#include "weir/runtime/channel.h"

namespace weir::runtime {

/// The sending end of an edge for one subtask: scatters batches into one builder per target and sends these on.
///
/// It stops in the middle of an element when a channel is full and goes on from there. A sign (watermark, barrier, end)
/// goes to every target, behind all records that came before it. Builders are made when they are needed, and smaller
/// the more targets there are, so that what an exchange holds grows with its parallelism and not with the square of it.
/// Thread: task thread only.
class EdgeWriter {
 public:
  /// `port` makes batches of the edge's type. Requires: port and targets outlive it; at least one target.
  EdgeWriter(const PlanEdge& edge, OutputBase& port, std::vector<Channel*> targets, std::uint32_t key_groups);

  /// Takes an element over. True: all of it is on its way. False: a channel is full; advance() before the next offer().
  bool offer(Element element);

  /// Goes on with the element that was not finished. Same results as offer().
  bool advance();

  /// Sends what builders hold. Same results as offer(). Requires: no element is unfinished.
  bool flush();

  /// Of all batches that it has sent.
  std::uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  bool advance_batch();
  bool advance_scatter();
  bool advance_rebalance();
  bool advance_broadcast();
  bool advance_sign();
  /// Those that the batch at hand needs.
  void make_missing_builders();
  void make_builder(std::size_t target);
  bool send_builder(std::size_t target);
  /// Pushes a batch, as Channel::push() does.
  bool send(Channel& channel, Element& element);
  BatchPtr fresh_batch(Channel& channel, std::size_t capacity);

  Partitioning partitioning_;
  std::function<void(BatchBase&)> hash_keys_;
  std::uint8_t lane_;
  OutputBase& port_;
  std::vector<Channel*> targets_;
  KeyGroupTable groups_;

  std::size_t builder_capacity_;
  std::vector<BatchPtr> builders_;  ///< by target; null: holds nothing
  std::vector<BatchBase*> builder_views_;
  std::size_t missing_builders_ = 0;  ///< null ones
  std::vector<std::uint16_t> record_targets_;

  Element current_;
  bool busy_ = false;
  std::uint64_t bytes_sent_ = 0;
  std::size_t position_ = 0;  ///< next record (scatter) or next target (broadcast, sign)
  std::size_t turn_ = 0;      ///< rebalance: whose turn it is
  Element copy_;              ///< broadcast: the copy that waits for room
};

}  // namespace weir::runtime
