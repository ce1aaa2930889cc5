#include "weir/runtime/edge_writer.h"

#include <algorithm>

#include "weir/core/check.h"

namespace weir::runtime {

namespace {

/// Batches' worth of records that the builders of one edge hold together, unless that made them too small to be worth
/// their way.
constexpr std::size_t kBuiltBatches = 16;
constexpr std::size_t kSmallestBuilder = 32;

std::size_t builder_capacity(std::size_t batch, std::size_t targets) {
  return std::min(batch, std::max(kSmallestBuilder, batch * kBuiltBatches / targets));
}

}  // namespace

EdgeWriter::EdgeWriter(const PlanEdge& edge, OutputBase& port, std::vector<Channel*> targets, std::uint32_t key_groups)
    : partitioning_(edge.partitioning),
      hash_keys_(edge.hash_keys),
      lane_(edge.lane),
      port_(port),
      targets_(std::move(targets)),
      groups_(static_cast<std::uint32_t>(targets_.size()), key_groups),
      builder_capacity_(builder_capacity(port.capacity(), std::max<std::size_t>(targets_.size(), 1))) {
  WEIR_CHECK(!targets_.empty());
  if (partitioning_ != Partitioning::kHash || targets_.size() == 1) return;
  builders_.resize(targets_.size());
  builder_views_.resize(targets_.size());
  missing_builders_ = targets_.size();
}

bool EdgeWriter::offer(Element element) {
  WEIR_CHECK(!busy_);
  if (element.kind == Element::Kind::kSplit) return true;
  current_ = std::move(element);
  current_.lane = lane_;
  busy_ = true;
  position_ = 0;
  // Splits are known to the source's own chain only.
  if (current_.kind == Element::Kind::kBatch) current_.batch->set_split(SplitIndex{});
  if (current_.kind == Element::Kind::kBatch && partitioning_ == Partitioning::kHash) {
    if (hash_keys_) hash_keys_(*current_.batch);
    if (targets_.size() > 1) {
      record_targets_.resize(current_.batch->size());
      groups_.subtasks(current_.batch->hashes(), current_.batch->size(), record_targets_.data());
      make_missing_builders();
    }
  }
  return advance();
}

bool EdgeWriter::advance() {
  if (!busy_) return true;
  const bool done = current_.kind == Element::Kind::kBatch ? advance_batch() : advance_sign();
  busy_ = !done;
  return done;
}

bool EdgeWriter::advance_batch() {
  if (targets_.size() == 1) {
    if (!send(*targets_[0], current_)) return false;
    port_.recycle(targets_[0]->take_returned(lane_));
    return true;
  }
  switch (partitioning_) {
    case Partitioning::kHash:
      return advance_scatter();
    case Partitioning::kRebalance:
      return advance_rebalance();
    case Partitioning::kBroadcast:
      return advance_broadcast();
    case Partitioning::kForward:
      break;
  }
  WEIR_CHECK(false, "a forward edge has one target", targets_.size());
  return false;
}

void EdgeWriter::make_missing_builders() {
  for (std::size_t i = 0; i < record_targets_.size() && missing_builders_ > 0; ++i) {
    const std::uint16_t target = record_targets_[i];
    if (builders_[target] == nullptr) make_builder(target);
  }
}

void EdgeWriter::make_builder(std::size_t target) {
  builders_[target] = fresh_batch(*targets_[target], builder_capacity_);
  builder_views_[target] = builders_[target].get();
  --missing_builders_;
}

bool EdgeWriter::advance_scatter() {
  BatchBase& batch = *current_.batch;
  for (;;) {
    if (position_ > 0) {
      const std::uint16_t last = record_targets_[position_ - 1];
      if (builders_[last] != nullptr && builders_[last]->full() && !send_builder(last)) return false;
      // Records behind it may go there too.
      if (builders_[last] == nullptr && position_ < batch.size()) make_builder(last);
    }
    if (position_ == batch.size()) break;
    position_ = batch.scatter(position_, record_targets_.data(), builder_views_.data());
  }
  port_.recycle(std::move(current_.batch));
  return true;
}

bool EdgeWriter::advance_rebalance() {
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    Channel& channel = *targets_[turn_];
    turn_ = turn_ + 1 == targets_.size() ? 0 : turn_ + 1;
    if (!send(channel, current_)) continue;
    port_.recycle(channel.take_returned(lane_));
    return true;
  }
  return false;
}

bool EdgeWriter::advance_broadcast() {
  for (; position_ < targets_.size(); ++position_) {
    Channel& channel = *targets_[position_];
    if (copy_.batch == nullptr) {
      copy_ = Element::of(fresh_batch(channel, port_.capacity()));
      copy_.lane = lane_;
      const std::size_t copied = current_.batch->copy_to(0, *copy_.batch);
      WEIR_CHECK(copied == current_.batch->size(), copied, current_.batch->size());
    }
    if (!send(channel, copy_)) return false;
    copy_.batch.reset();
  }
  port_.recycle(std::move(current_.batch));
  return true;
}

bool EdgeWriter::advance_sign() {
  if (!flush()) return false;
  // Lane 0 sends the sign for all lanes; the others only had to get out of its way.
  if (lane_ != 0) return true;
  for (; position_ < targets_.size(); ++position_) {
    Element sign;
    sign.kind = current_.kind;
    sign.watermark = current_.watermark;
    sign.checkpoint = current_.checkpoint;
    if (!targets_[position_]->push(sign)) return false;
  }
  return true;
}

bool EdgeWriter::flush() {
  bool all = true;
  for (std::size_t t = 0; t < builders_.size(); ++t)
    if (builders_[t] != nullptr && !builders_[t]->empty()) all = send_builder(t) && all;
  return all;
}

bool EdgeWriter::send_builder(std::size_t target) {
  Element element = Element::of(std::move(builders_[target]));
  element.lane = lane_;
  if (!send(*targets_[target], element)) {
    builders_[target] = std::move(element.batch);
    return false;
  }
  builder_views_[target] = nullptr;
  ++missing_builders_;
  return true;
}

bool EdgeWriter::send(Channel& channel, Element& element) {
  const std::size_t bytes = element.batch->bytes();
  if (!channel.push(element)) return false;
  bytes_sent_ += bytes;
  return true;
}

BatchPtr EdgeWriter::fresh_batch(Channel& channel, std::size_t capacity) {
  BatchPtr batch = channel.take_returned(lane_);
  return batch != nullptr ? std::move(batch) : port_.make_batch(capacity);
}

}  // namespace weir::runtime
