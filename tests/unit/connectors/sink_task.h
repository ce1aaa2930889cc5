#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "weir/core/sink.h"
#include "weir/sim/world.h"

namespace weir::connectors {

enum class Checkpoints : bool { kNo, kYes };

/// One subtask of a sink in a simulated world, driven as the runtime drives it: calls one after the other, each until
/// it is done, on_time() in between.
template <class T>
class SinkTask final : public Steppable {
 public:
  SinkTask(sim::World& world, std::shared_ptr<const Sink> sink, std::uint32_t subtask = 0,
           std::uint32_t parallelism = 1, Host* host = nullptr, Checkpoints checkpoints = Checkpoints::kNo)
      : world_(world), sink_(std::move(sink)), writer_(sink_->make_writer()) {
    context_.name = "out";
    context_.subtask = SubtaskIndex(subtask);
    context_.parallelism = parallelism;
    context_.host = host != nullptr ? host : &world;
    context_.checkpoints = checkpoints == Checkpoints::kYes;
    wake_ = std::make_shared<const std::function<void()>>([this] { loop_->wake(); });
    context_.notifier = Notifier(wake_);
    writer_->open(context_);
    loop_ = world.start_loop(*this, "out");
  }

  ~SinkTask() override { loop_->stop(); }

  /// Queues records as one batch. Requires: texts in them live on.
  void write(std::vector<T> records) {
    auto batch = std::make_shared<Batch<T>>(records.size() + 1);
    for (T& record : records) batch->push(std::move(record), kNoTimestamp);
    queue([this, batch, next = std::size_t{0}]() mutable {
      const Progress progress = writer_->write(*batch, next);
      next = progress.next;
      return progress.stop;
    });
  }
  void flush() {
    queue([this] { return writer_->flush(); });
  }
  void barrier(std::uint64_t checkpoint) {
    queue([this, checkpoint] {
      writer_->stage(CheckpointId(checkpoint));
      return Stop::kDone;
    });
  }

  bool done() const { return calls_.empty(); }
  /// Runs until all calls are done. Errors: what the writer throws.
  void run() {
    world_.run_until([this] { return done(); });
  }
  /// Runs until all calls are done and what was staged is safe. Errors: what the writer throws.
  StagedOutputs staged() {
    run();
    std::optional<StagedOutputs> staged;
    world_.run_until([&] {
      staged = writer_->staged();
      return staged.has_value();
    });
    return *staged;
  }
  /// The end of a job without checkpoints: stages, delivers, finishes.
  void finish() {
    barrier(0);
    sink_->deliver(*context_.host, staged());
    sink_->finish(*context_.host);
  }

  SinkWriter& writer() { return *writer_; }

  StepResult step() override {
    if (calls_.empty()) {
      const Deadline deadline = writer_->next_deadline();
      if (deadline.monotonic <= world_.monotonic_now()) {
        calls_.push_back([this] { return writer_->on_time(); });
      } else if (deadline.monotonic != MonotonicTime::max()) {
        timer_ = world_.at(deadline.monotonic, *wake_);
      }
    }
    if (calls_.empty()) return StepResult::kIdle;
    if (calls_.front()() == Stop::kBlocked) return StepResult::kIdle;
    calls_.pop_front();
    return StepResult::kMore;
  }

  std::size_t calls_left() const { return calls_.size(); }

 private:
  void queue(std::function<Stop()> call) {
    calls_.push_back(std::move(call));
    loop_->wake();
  }

  sim::World& world_;
  std::shared_ptr<const Sink> sink_;
  OperatorContext context_;
  std::shared_ptr<const std::function<void()>> wake_;
  std::unique_ptr<SinkWriter> writer_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Timer> timer_;
  std::deque<std::function<Stop()>> calls_;
};

}  // namespace weir::connectors
