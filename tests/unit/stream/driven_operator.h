#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "weir/core/operator.h"
#include "weir/core/output.h"
#include "weir/core/snapshot.h"
#include "weir/sim/world.h"

namespace weir::tests {

using Strings = std::vector<std::string>;

inline Watermark watermark_at(std::int64_t ms) { return Watermark(timestamp_ms(ms)); }

inline std::string text_of(const Element& sign) {
  switch (sign.kind) {
    case Element::Kind::kWatermark:
      return sign.watermark == Watermark::end() ? "the last watermark"
                                                : fmt::format("watermark {}", to_ms(sign.watermark.time()));
    case Element::Kind::kIdle:
      return "idle";
    case Element::Kind::kActive:
      return "active";
    case Element::Kind::kSplit:
      return "split";
    case Element::Kind::kBarrier:
      return "barrier " + std::to_string(sign.checkpoint.value());
    case Element::Kind::kEnd:
      return "end";
    case Element::Kind::kBatch:
      break;
  }
  return "batch";
}

/// An operator that is called as a chain calls it: for one element again and again until it is done, its outputs
/// emptied in between. Shows all that came out as texts, in order.
class DrivenOperator {
 public:
  template <class T>
  using Show = std::function<std::string(const T& record, Timestamp timestamp)>;

  explicit DrivenOperator(std::unique_ptr<Operator> op, Host* host = nullptr, bool drain = false,
                          state::KeyedState* state = nullptr, SubtaskIndex subtask = {}, std::uint32_t parallelism = 1)
      : op_(std::move(op)), world_(dynamic_cast<sim::World*>(host)) {
    OperatorContext context;
    context.host = host;
    context.drain = drain;
    context.metrics = &metrics_;
    context.state = state;
    context.subtask = subtask;
    context.parallelism = parallelism;
    op_->open(context);
  }

  /// Adds an output port; `show` makes a text of a record.
  template <class T>
  void add_port(std::size_t batch_size, Show<T> show) {
    out_.add(std::make_unique<Output<T>>(batch_size));
    show_.push_back([show = std::move(show)](const BatchBase& base, Strings& into) {
      const auto& batch = static_cast<const Batch<T>&>(base);
      for (std::size_t i = 0; i < batch.size(); ++i) into.push_back(show(batch[i], batch.timestamps()[i]));
    });
  }

  /// Hands a batch over. It is not kept longer than the call.
  void feed(BatchPtr batch, InputIndex input = InputIndex(0)) {
    const std::size_t size = batch->size();
    std::size_t next = 0;
    call([&] {
      const Progress progress = op_->process(input, batch, next, out_);
      EXPECT_GE(progress.next, next);
      next = progress.next;
      return progress.stop;
    });
    EXPECT_EQ(next, size);
  }

  void watermark(Watermark watermark) {
    call([&] { return op_->on_watermark(watermark, out_); });
    if (!op_->makes_watermarks()) shown_.push_back(text_of(Element::of(watermark)));
  }
  void watermark(std::int64_t ms) { watermark(watermark_at(ms)); }
  void time() {
    call([&] { return op_->on_time(out_); });
  }
  void input_idle() {
    call([&] { return op_->on_input_idle(out_); });
    shown_.emplace_back("idle");
  }
  void barrier(std::uint64_t checkpoint) {
    call([&] { return op_->on_barrier(CheckpointId(checkpoint), out_); });
    shown_.push_back(text_of(Element::of(CheckpointId(checkpoint))));
  }
  void end() {
    call([&] { return op_->on_end(out_); });
  }

  /// How often a call ended because an output was full.
  int stops() const { return stops_; }

  /// All that came out since this was asked last.
  Strings take() { return std::exchange(shown_, {}); }

  /// What the operator writes down where a barrier passes.
  SavedValues saved() const {
    SavedValues values;
    op_->save(values);
    return values;
  }

  OperatorMetrics& metrics() { return metrics_; }
  Operator& op() { return *op_; }

 private:
  template <class Call>
  void call(Call&& act) {
    for (int calls = 0; calls < 100'000; ++calls) {
      const Stop stop = act();
      if (stop == Stop::kDone) out_.flush();
      empty();
      if (stop == Stop::kDone) return;
      if (stop == Stop::kBlocked && world_ != nullptr) {
        world_->run_one();
      } else {
        ++stops_;
      }
    }
    FAIL() << "the operator never is done";
  }

  void empty() {
    // Side ports first, as a chain does.
    for (std::size_t port = out_.size(); port-- > 0;) {
      OutputBase& output = out_.at(port);
      while (output.full()) {
        Element& front = output.front();
        if (front.kind == Element::Kind::kBatch) {
          show_[port](*front.batch, shown_);
          output.recycle(std::move(front.batch));
        } else {
          shown_.push_back(text_of(front));
        }
        output.pop();
      }
    }
  }

  OperatorMetrics metrics_;
  std::unique_ptr<Operator> op_;
  sim::World* world_;  ///< goes on while the operator waits; null: nothing makes it wait
  Outputs out_;
  std::vector<std::function<void(const BatchBase&, Strings&)>> show_;
  Strings shown_;
  int stops_ = 0;
};

}  // namespace weir::tests
