#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/source.h"
#include "weir/sim/world.h"

namespace weir::connectors {

/// One subtask of a source in a simulated world, driven as the runtime drives it.
template <class T>
class SourceTask final : public Steppable, public SplitAssigner {
 public:
  /// A batch as a channel would carry it.
  struct Sent {
    SplitIndex split;
    std::size_t records;
  };

  using Take = std::function<void(const T& record, Timestamp timestamp)>;

  SourceTask(sim::World& world, std::shared_ptr<const Source> source, Take take, std::size_t batch_size = 16)
      : world_(world), source_(std::move(source)), take_(std::move(take)) {
    context_.name = "in";
    context_.host = &world;
    wake_ = std::make_shared<const std::function<void()>>([this] { loop_->wake(); });
    context_.notifier = Notifier(wake_);
    out_.add(std::make_unique<Output<T>>(batch_size));
    reader_ = source_->make_reader();
    reader_->open(context_);
    loop_ = world.start_loop(*this, "in");
  }

  ~SourceTask() override { loop_->stop(); }

  /// Finds the splits as an attempt does.
  void discover() {
    world_.post([this, alive = std::weak_ptr<const void>(wake_)] {
      if (alive.expired()) return;
      enumerator_ = source_->make_enumerator();
      enumerator_->start(*this);
    });
  }

  /// Drops the enumerator, with what it has under way.
  void stop_discovery() { enumerator_.reset(); }

  void run() {
    discover();
    run_to_end();
  }

  void run_to_end() {
    world_.run_until([this] { return exhausted_ || failed_; });
    if (failed_) std::rethrow_exception(failed_);
  }

  /// While held, records are not taken: the reader is not asked.
  void hold() { held_ = true; }
  void release() {
    held_ = false;
    loop_->wake();
  }

  // SplitAssigner.
  void assign(Split split) override {
    inbox_.push_back(std::move(split));
    loop_->wake();
  }
  void no_more_splits() override {
    no_more_ = true;
    loop_->wake();
  }
  void fail(std::exception_ptr error) override { failed_ = std::move(error); }
  Host& host() override { return world_; }
  std::uint32_t readers() const override { return 1; }

  StepResult step() override {
    for (const Split& split : inbox_) reader_->add_split(split, SplitIndex(splits_++));
    inbox_.clear();
    if (std::exchange(no_more_, false)) reader_->no_more_splits();
    if (held_ || exhausted_) return StepResult::kIdle;
    const Poll poll = reader_->poll(out_);
    out_.flush();
    take_outputs();
    exhausted_ = poll == Poll::kExhausted;
    return poll == Poll::kMore ? StepResult::kMore : StepResult::kIdle;
  }

  SourceReader& reader() { return *reader_; }
  bool exhausted() const { return exhausted_; }
  const std::vector<Sent>& sent() const { return sent_; }
  const std::vector<SplitIndex>& finished() const { return finished_; }

 private:
  void take_outputs() {
    OutputBase& port = out_.at(0);
    while (port.full()) {
      Element& front = port.front();
      if (front.kind == Element::Kind::kBatch) {
        auto& batch = static_cast<Batch<T>&>(*front.batch);
        for (std::size_t i = 0; i < batch.size(); ++i) take_(batch[i], batch.timestamps()[i]);
        sent_.push_back({batch.split(), batch.size()});
        port.recycle(std::move(front.batch));
      } else if (front.kind == Element::Kind::kSplit && front.split_event == SplitEvent::kFinished) {
        finished_.push_back(front.split);
      }
      port.pop();
    }
  }

  sim::World& world_;
  std::shared_ptr<const Source> source_;
  Take take_;
  OperatorContext context_;
  std::shared_ptr<const std::function<void()>> wake_;
  Outputs out_;
  std::unique_ptr<SourceReader> reader_;
  std::unique_ptr<SplitEnumerator> enumerator_;
  std::unique_ptr<Loop> loop_;

  std::vector<Split> inbox_;
  bool no_more_ = false;
  std::uint32_t splits_ = 0;
  bool held_ = false;
  bool exhausted_ = false;
  std::exception_ptr failed_;
  std::vector<Sent> sent_;
  std::vector<SplitIndex> finished_;
};

/// Tells what an error says; "" if `act` throws none of type E.
template <class E, class F>
std::string message_of(F&& act) {
  try {
    act();
  } catch (const E& e) {
    return e.what();
  }
  return "";
}

}  // namespace weir::connectors
