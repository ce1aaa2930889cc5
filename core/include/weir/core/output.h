#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "weir/core/batch.h"
#include "weir/core/element.h"

namespace weir {

/// One output port of an operator: the batch that is being filled, and what is ready to go on.
///
/// The operator emits; the runtime takes what is ready before it calls the operator again. Thread: task thread only.
class OutputBase {
 public:
  explicit OutputBase(std::size_t capacity) : capacity_(capacity) {}
  virtual ~OutputBase() = default;

  /// A batch or sign is ready: the operator should stop soon and say kOutputFull.
  bool full() const { return head_ < ready_.size(); }

  /// Makes what was emitted so far ready, be it a full batch or not.
  void flush() {
    if (building_ != nullptr && !building_->empty()) roll();
  }

  /// Queues a sign behind everything emitted so far.
  void sign(Element element) {
    flush();
    make_ready(std::move(element));
  }

  /// Sends on a whole batch as it is, and leaves an empty one in its place. Requires: `batch` is of this port's type.
  void pass(BatchPtr& batch) {
    flush();
    emitted_ += batch->size();
    make_ready(Element::of(std::move(batch)));
    batch = take_free();
  }

  /// The split of the batches that follow.
  void set_split(SplitIndex split) {
    if (building_ != nullptr) building_->set_split(split);
    split_ = split;
  }

  /// Requires: full().
  Element& front() { return ready_[head_]; }

  /// Requires: full(), and the front has been moved from.
  void pop() {
    if (ports_ready_ != nullptr) --*ports_ready_;
    if (++head_ == ready_.size()) {
      ready_.clear();
      head_ = 0;
    }
  }

  /// Gives a batch of this port's type back for filling.
  void recycle(BatchPtr batch) {
    if (batch == nullptr || free_.size() >= kKept) return;
    batch->clear();
    free_.push_back(std::move(batch));
  }

  /// How many records were emitted so far, for metrics.
  std::uint64_t emitted() const { return emitted_ + (building_ != nullptr ? building_->size() : 0); }

  /// Counts what is ready at this port in `*ready` too.
  void count_ready_in(std::size_t* ready) { ports_ready_ = ready; }

  /// Records that a batch of this port holds.
  std::size_t capacity() const { return capacity_; }

  BatchPtr make_batch() const { return make_batch(capacity_); }
  virtual BatchPtr make_batch(std::size_t capacity) const = 0;

 protected:
  void roll() {
    emitted_ += building_->size();
    make_ready(Element::of(std::move(building_)));
    set_building(take_free());
  }

  BatchPtr take_free() {
    if (free_.empty()) return make_batch();
    BatchPtr batch = std::move(free_.back());
    free_.pop_back();
    return batch;
  }

  void set_building(BatchPtr batch) {
    building_ = std::move(batch);
    building_->set_split(split_);
  }

  BatchPtr building_;

 private:
  static constexpr std::size_t kKept = 4;

  const std::size_t capacity_;

  void make_ready(Element element) {
    if (ports_ready_ != nullptr) ++*ports_ready_;
    ready_.push_back(std::move(element));
  }

  SplitIndex split_{};
  std::vector<Element> ready_;
  std::size_t head_ = 0;
  std::size_t* ports_ready_ = nullptr;
  std::vector<BatchPtr> free_;
  std::uint64_t emitted_ = 0;
};

/// An output port for records of type T.
template <class T>
class Output final : public OutputBase {
 public:
  /// Batches hold up to `capacity` records.
  explicit Output(std::size_t capacity) : OutputBase(capacity) { set_building(make_batch()); }

  template <class V>
  void emit(V&& value, Timestamp timestamp, std::uint64_t hash = 0) {
    auto& batch = static_cast<Batch<T>&>(*building_);
    batch.push(std::forward<V>(value), timestamp, hash);
    if (batch.full()) [[unlikely]]
      roll();
  }

  /// Lets `fill` write a batch's worth of records, see Batch::fill(). Returns how many.
  template <class Fill>
  std::size_t fill(Fill&& fill) {
    auto& batch = static_cast<Batch<T>&>(*building_);
    const std::size_t filled = batch.fill(std::forward<Fill>(fill));
    if (batch.full()) roll();
    return filled;
  }

  using OutputBase::make_batch;
  BatchPtr make_batch(std::size_t capacity) const override { return std::make_unique<Batch<T>>(capacity); }
};

/// What user code emits to: records get the timestamp of the record at hand.
template <class T>
class Out {
 public:
  Out(Output<T>& output, Timestamp timestamp) : output_(&output), timestamp_(timestamp) {}

  void emit(const T& value) { output_->emit(value, timestamp_); }
  void emit(T&& value) { output_->emit(std::move(value), timestamp_); }

  /// Emits with another timestamp. Requires: in_range(timestamp).
  void emit_at(T value, Timestamp timestamp) { output_->emit(std::move(value), timestamp); }

  Timestamp timestamp() const { return timestamp_; }

 private:
  Output<T>* output_;
  Timestamp timestamp_;
};

/// All output ports of one operator. Port 0 is the main one; others are side outputs.
class Outputs {
 public:
  void add(std::unique_ptr<OutputBase> port) {
    port->count_ready_in(ready_.get());
    ports_.push_back(std::move(port));
  }

  std::size_t size() const { return ports_.size(); }
  OutputBase& at(std::size_t port) { return *ports_[port]; }

  /// Requires: the port's type is T.
  template <class T>
  Output<T>& port(std::size_t index = 0) {
    return static_cast<Output<T>&>(*ports_[index]);
  }

  /// Something is ready at some port.
  bool full() const { return *ready_ > 0; }

  void flush() {
    for (auto& port : ports_) port->flush();
  }

  /// The split of the batches that follow at every port.
  void set_split(SplitIndex split) {
    for (auto& port : ports_) port->set_split(split);
  }

  /// Sends a watermark, behind what was emitted, to every port.
  void watermark(Watermark watermark) {
    for (auto& port : ports_) port->sign(Element::of(watermark));
  }
  void idle() { sign(Element::Kind::kIdle); }
  void active() { sign(Element::Kind::kActive); }
  void end() { sign(Element::Kind::kEnd); }

  /// Sends a barrier, behind what was emitted, to every port.
  void barrier(CheckpointId checkpoint) {
    for (auto& port : ports_) port->sign(Element::of(checkpoint));
  }

  /// Tells the operators chained to a source about a split.
  void split(SplitIndex split, SplitEvent event) {
    for (auto& port : ports_) port->sign(Element::of(split, event));
  }

 private:
  void sign(Element::Kind kind) {
    for (auto& port : ports_) port->sign(Element::sign(kind));
  }

  std::vector<std::unique_ptr<OutputBase>> ports_;
  std::unique_ptr<std::size_t> ready_ = std::make_unique<std::size_t>(0);  ///< elements ready at all ports
};

}  // namespace weir
