#include "weir/runtime/chain.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir::runtime {
namespace {

using Strings = std::vector<std::string>;

Watermark at(std::int64_t ms) { return Watermark(timestamp_ms(ms)); }

Element batch_of(const std::vector<int>& values) {
  auto batch = std::make_unique<Batch<int>>(64);
  for (const int value : values) batch->push(value, kNoTimestamp);
  return Element::of(std::move(batch));
}

/// "watermark 5", "end", or the records of a batch one by one; a batch of lane 1 says so.
void describe(const Element& element, Strings& into) {
  switch (element.kind) {
    case Element::Kind::kBatch: {
      const auto& batch = static_cast<const Batch<int>&>(*element.batch);
      for (std::size_t i = 0; i < batch.size(); ++i)
        into.push_back((element.lane == 0 ? "" : "side ") + std::to_string(batch[i]));
      break;
    }
    case Element::Kind::kWatermark:
      into.push_back("watermark " + std::to_string(to_ms(element.watermark.time())));
      break;
    case Element::Kind::kSplit:
      into.push_back("split");
      break;
    case Element::Kind::kIdle:
      into.push_back("idle");
      break;
    case Element::Kind::kActive:
      into.push_back("active");
      break;
    case Element::Kind::kBarrier:
      into.push_back("barrier");
      break;
    case Element::Kind::kEnd:
      into.push_back("end");
      break;
  }
}

/// Emits every record so many times, and so many records before every watermark; stops whenever its output is full.
class Repeat final : public Operator {
 public:
  explicit Repeat(int times) : times_(times) {}

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    auto& records = static_cast<Batch<int>&>(*batch);
    for (std::size_t i = from; i < records.size(); ++i) {
      if (!emit(records[i], out)) return {i, Stop::kOutputFull};
    }
    return {records.size(), Stop::kDone};
  }
  Stop on_watermark(Watermark watermark, Outputs& out) override {
    return emit(static_cast<int>(to_ms(watermark.time())), out) ? Stop::kDone : Stop::kOutputFull;
  }
  Stop on_end(Outputs& out) override { return emit(-1, out) ? Stop::kDone : Stop::kOutputFull; }

 private:
  bool emit(int value, Outputs& out) {
    for (; done_ < times_; ++done_) {
      if (out.full()) return false;
      out.port<int>().emit(value, kNoTimestamp);
    }
    done_ = 0;
    return true;
  }

  int times_;
  int done_ = 0;
};

/// An operator made of functions.
struct Scripted final : public Operator {
  std::function<Progress(Batch<int>&, std::size_t, Outputs&)> records;
  std::function<Stop(Outputs&)> idle;
  std::function<Stop(Outputs&)> time;
  std::function<Stop(Outputs&)> barrier;
  Deadline deadline;

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    if (records) return records(static_cast<Batch<int>&>(*batch), from, out);
    return {batch->size(), Stop::kDone};
  }
  Stop on_idle(Outputs& out) override { return idle ? idle(out) : Stop::kDone; }
  Stop on_time(Outputs& out) override { return time ? time(out) : Stop::kDone; }
  Deadline next_deadline() const override { return deadline; }
  Stop on_barrier(CheckpointId, Outputs& out) override { return barrier ? barrier(out) : Stop::kDone; }
};

/// Stages behind one another; port 0 of the last sends to a channel that the test empties, its port 1 to the same
/// channel on lane 1.
class Chained {
 public:
  explicit Chained(std::size_t batch_size = 2, std::size_t channel = 2)
      : batch_size_(batch_size), channel_(channel, 2, {&ready_, 0}, {&ready_, 1}) {}

  Operator& add(std::unique_ptr<Operator> op, std::size_t ports = 1) {
    Chain::Stage stage;
    stage.name = "stage " + std::to_string(stages_.size());
    stage.op = std::move(op);
    for (std::size_t port = 0; port < ports; ++port) stage.outputs.add(std::make_unique<Output<int>>(batch_size_));
    stage.edges.resize(ports);
    metrics_.push_back(std::make_unique<OperatorMetrics>());
    stage.metrics = metrics_.back().get();
    stages_.push_back(std::move(stage));
    return *stages_.back().op;
  }
  Scripted& add_scripted(std::size_t ports = 1) {
    return static_cast<Scripted&>(add(std::make_unique<Scripted>(), ports));
  }

  void build() {
    Chain::Stage& last = stages_.back();
    for (std::size_t port = 0; port < last.outputs.size(); ++port) {
      PlanEdge edge;
      edge.port = static_cast<std::uint32_t>(port);
      edge.lane = static_cast<std::uint8_t>(port);
      last.edges[port].emplace_back(edge, last.outputs.at(port), std::vector<Channel*>{&channel_}, 16);
    }
    chain_.emplace(std::move(stages_));
  }

  Chain& chain() { return *chain_; }
  OperatorMetrics& metrics(std::size_t stage) { return *metrics_[stage]; }

  /// Moves on until the chain is free or waits.
  Chain::State settle() {
    for (int moves = 0; moves < 10'000; ++moves) {
      const Chain::State state = chain_->advance();
      if (state != Chain::State::kProgress) return state;
    }
    ADD_FAILURE() << "the chain never comes to rest";
    return Chain::State::kBlocked;
  }

  /// Takes one element from the channel. False: there is none.
  bool receive() {
    Element element;
    if (!channel_.pop(element)) return false;
    describe(element, received_);
    return true;
  }

  /// Moves on until the chain is free; empties the channel only when the chain waits for it.
  void finish() {
    for (int receives = 0; settle() == Chain::State::kBlocked; ++receives) {
      if (receives == 1'000) FAIL() << "the chain never is done with an element";
      if (!receive()) FAIL() << "the chain waits for a channel that is empty";
    }
  }

  void feed(Element element) {
    chain_->feed(std::move(element), InputIndex(0));
    finish();
  }

  /// All that arrived behind the chain.
  const Strings& received() {
    finish();
    chain_->flush_edges();
    while (receive()) {
    }
    return received_;
  }

 private:
  std::size_t batch_size_;
  ReadySet ready_{2};
  Channel channel_;
  std::vector<std::unique_ptr<OperatorMetrics>> metrics_;
  std::vector<Chain::Stage> stages_;
  std::optional<Chain> chain_;
  Strings received_;
};

/// `values` one after the other, each `times` times.
Strings repeated(const std::vector<int>& values, int times) {
  Strings all;
  for (const int value : values) all.insert(all.end(), static_cast<std::size_t>(times), std::to_string(value));
  return all;
}

TEST(Chain, GoesOnWhereAnOutputWasFullAndLosesAndDoublesNothing) {
  for (const std::size_t batch_size : {1, 2, 3, 64}) {
    Chained chained(batch_size);
    chained.add(std::make_unique<Repeat>(3));
    chained.add(std::make_unique<Repeat>(5));
    chained.build();
    chained.feed(batch_of({1, 2, 3, 4}));
    chained.chain().feed(batch_of({5}), InputIndex(0));
    Strings expected = repeated({1, 2, 3, 4, 5}, 15);
    chained.finish();
    chained.chain().start_idle();
    EXPECT_EQ(chained.received(), expected) << "batches of " << batch_size;
    EXPECT_EQ(chained.metrics(0).records_in, 5U);
    EXPECT_EQ(chained.metrics(1).records_in, 15U);
  }
}

TEST(Chain, NeverLetsASignOvertakeRecordsNorRecordsASign) {
  for (const std::size_t batch_size : {1, 2, 3, 64}) {
    Chained chained(batch_size);
    chained.add(std::make_unique<Repeat>(2));
    chained.add(std::make_unique<Repeat>(1));
    chained.build();
    chained.feed(batch_of({1, 2, 3}));
    chained.feed(Element::of(at(10)));
    chained.feed(batch_of({4}));
    chained.feed(Element::sign(Element::Kind::kIdle));
    chained.feed(Element::sign(Element::Kind::kEnd));
    // A watermark brings two records out of the first stage and one out of the second; the end likewise.
    EXPECT_EQ(chained.received(), (Strings{"1", "1", "2", "2", "3", "3", "10", "10", "10", "watermark 10", "4", "4",
                                           "idle", "-1", "-1", "-1", "end"}))
        << "batches of " << batch_size;
  }
}

TEST(Chain, SendsWhatSidePortsHoldBeforeASignOnPortZero) {
  Chained chained(64);
  Scripted& op = chained.add_scripted(2);
  op.records = [](Batch<int>& batch, std::size_t, Outputs& out) {
    for (std::size_t i = 0; i < batch.size(); ++i)
      out.port<int>(static_cast<std::size_t>(batch[i] % 2)).emit(batch[i], kNoTimestamp);
    return Progress{batch.size(), Stop::kDone};
  };
  chained.build();
  chained.feed(batch_of({1, 2, 3, 4}));
  chained.feed(Element::of(at(10)));
  EXPECT_EQ(chained.received(), (Strings{"side 1", "side 3", "2", "4", "watermark 10"}));
}

TEST(Chain, SendsSidePortsFirstAlsoWhenTheChannelIsFullMeanwhile) {
  Chained chained(1, 1);
  Scripted& op = chained.add_scripted(2);
  op.records = [](Batch<int>& batch, std::size_t from, Outputs& out) {
    for (std::size_t i = from; i < batch.size(); ++i) {
      if (out.full()) return Progress{i, Stop::kOutputFull};
      out.port<int>(1).emit(batch[i], kNoTimestamp);
    }
    return Progress{batch.size(), Stop::kDone};
  };
  chained.build();
  chained.feed(batch_of({1, 2, 3}));
  chained.feed(Element::of(at(10)));
  chained.feed(batch_of({4}));
  EXPECT_EQ(chained.received(), (Strings{"side 1", "side 2", "side 3", "watermark 10", "side 4"}));
}

TEST(Chain, RunsIdlePassesInTheOrderOfTheDataFlow) {
  Chained chained(64);
  int first_holds = 7;
  std::optional<int> second_holds;
  Scripted& first = chained.add_scripted();
  first.idle = [&](Outputs& out) {
    out.port<int>().emit(first_holds++, kNoTimestamp);
    return Stop::kDone;
  };
  Scripted& second = chained.add_scripted();
  second.records = [&](Batch<int>& batch, std::size_t, Outputs&) {
    second_holds = batch[0];
    return Progress{batch.size(), Stop::kDone};
  };
  second.idle = [&](Outputs& out) {
    if (second_holds) out.port<int>().emit(*second_holds, kNoTimestamp);
    second_holds.reset();
    return Stop::kDone;
  };
  chained.build();
  chained.chain().start_idle();
  EXPECT_EQ(chained.received(), Strings{"7"});
  EXPECT_EQ(chained.received(), Strings{"7"}) << "an idle pass runs once";
  chained.chain().start_idle();
  EXPECT_EQ(chained.received(), (Strings{"7", "8"}));
}

TEST(Chain, SendsAnUnfilledBatchOnInTheIdlePassOnly) {
  Chained chained(64);
  chained.add(std::make_unique<Repeat>(1));
  chained.build();
  chained.feed(batch_of({1}));
  EXPECT_FALSE(chained.receive());
  chained.chain().start_idle();
  chained.finish();
  EXPECT_TRUE(chained.receive());
}

TEST(Chain, HasEndedOnceTheEndIsOnItsWay) {
  Chained chained(64, 1);
  chained.add(std::make_unique<Repeat>(1));
  chained.build();
  chained.feed(Element::of(at(10)));
  chained.chain().feed(Element::sign(Element::Kind::kEnd), InputIndex(0));
  EXPECT_EQ(chained.settle(), Chain::State::kBlocked);
  EXPECT_FALSE(chained.chain().ended()) << "the end waits for room in the channel";
  EXPECT_EQ(chained.received(), (Strings{"10", "watermark 10", "-1", "end"}));
  EXPECT_TRUE(chained.chain().ended());
}

TEST(Chain, OfASinkHasEndedOnceTheSinkHas) {
  Chained chained;
  chained.add(std::make_unique<Repeat>(1));
  Scripted& sink = chained.add_scripted(0);
  std::vector<int> taken;
  sink.records = [&](Batch<int>& batch, std::size_t from, Outputs&) {
    taken.push_back(batch[from]);
    return Progress{from + 1, from + 1 < batch.size() ? Stop::kBlocked : Stop::kDone};
  };
  chained.build();
  chained.chain().feed(batch_of({1, 2}), InputIndex(0));
  EXPECT_EQ(chained.settle(), Chain::State::kWaiting);
  EXPECT_EQ(chained.settle(), Chain::State::kQuiescent);
  chained.chain().feed(Element::sign(Element::Kind::kEnd), InputIndex(0));
  EXPECT_FALSE(chained.chain().ended());
  EXPECT_EQ(chained.settle(), Chain::State::kQuiescent);
  EXPECT_TRUE(chained.chain().ended());
  EXPECT_EQ(taken, (std::vector<int>{1, 2, -1}));
}

TEST(Chain, WaitsForABlockedStageAndKeepsWhatComesBehindIt) {
  Chained chained(1, 64);
  chained.add(std::make_unique<Repeat>(1));
  Scripted& slow = chained.add_scripted();
  bool open = false;
  slow.records = [&](Batch<int>& batch, std::size_t from, Outputs& out) {
    if (!open) return Progress{from, Stop::kBlocked};
    for (std::size_t i = from; i < batch.size(); ++i) out.port<int>().emit(batch[i], kNoTimestamp);
    return Progress{batch.size(), Stop::kDone};
  };
  chained.build();
  chained.chain().feed(batch_of({1, 2, 3}), InputIndex(0));
  EXPECT_EQ(chained.settle(), Chain::State::kWaiting);
  EXPECT_EQ(chained.settle(), Chain::State::kWaiting);
  EXPECT_FALSE(chained.receive());
  open = true;
  EXPECT_EQ(chained.received(), (Strings{"1", "2", "3"}));
}

TEST(Chain, SendsOnWhatABlockedStageHasEmitted) {
  Chained chained(1, 64);
  Scripted& slow = chained.add_scripted();
  slow.records = [](Batch<int>& batch, std::size_t from, Outputs& out) {
    out.port<int>().emit(batch[from], kNoTimestamp);
    return Progress{from + 1, from + 1 < batch.size() ? Stop::kBlocked : Stop::kDone};
  };
  chained.build();
  chained.chain().feed(batch_of({1, 2}), InputIndex(0));
  EXPECT_EQ(chained.chain().advance(), Chain::State::kProgress);
  chained.settle();
  EXPECT_TRUE(chained.receive());
}

TEST(Chain, RunsOnTimeOfThoseWhoseDeadlineHasPassed) {
  Chained chained;
  int early = 0;
  int late = 0;
  Scripted& first = chained.add_scripted();
  first.deadline.monotonic = MonotonicTime(std::chrono::seconds(5));
  first.time = [&](Outputs&) { return ++early, Stop::kDone; };
  Scripted& second = chained.add_scripted();
  second.deadline.wall = timestamp_ms(1000);
  second.time = [&](Outputs&) { return ++late, Stop::kDone; };
  chained.build();
  EXPECT_EQ(chained.chain().deadline().monotonic, MonotonicTime(std::chrono::seconds(5)));
  EXPECT_EQ(chained.chain().deadline().wall, timestamp_ms(1000));
  EXPECT_FALSE(chained.chain().start_due(MonotonicTime(std::chrono::seconds(4)), timestamp_ms(999)));
  EXPECT_TRUE(chained.chain().start_due(MonotonicTime(std::chrono::seconds(5)), timestamp_ms(999)));
  chained.finish();
  EXPECT_EQ(early, 1);
  EXPECT_EQ(late, 0);
  EXPECT_TRUE(chained.chain().start_due(MonotonicTime(std::chrono::seconds(1)), timestamp_ms(1000)));
  chained.finish();
  EXPECT_EQ(early, 1);
  EXPECT_EQ(late, 1);
}

TEST(Chain, TellsOfABarrierBehindWhatItsStageSentBeforeAndInFrontOfWhatFollows) {
  Chained chained;
  Scripted& op = chained.add_scripted();
  int calls = 0;
  op.barrier = [&](Outputs& out) {
    if (++calls == 1) {
      for (int i = 0; i < 2; ++i) out.port<int>().emit(7, kNoTimestamp);
      return Stop::kOutputFull;
    }
    return Stop::kDone;
  };
  chained.build();
  std::vector<std::uint64_t> passed;
  chained.chain().on_barrier_passed([&](std::size_t stage, CheckpointId checkpoint) {
    EXPECT_EQ(stage, 0U);
    EXPECT_EQ(calls, 2);
    passed.push_back(checkpoint.value());
  });
  chained.feed(Element::of(CheckpointId(5)));
  EXPECT_EQ(passed, std::vector<std::uint64_t>{5});
  EXPECT_EQ(chained.received(), (Strings{"7", "7", "barrier"}));
}

TEST(Chain, GivesTheBatchBackThatItWasFed) {
  Chained chained;
  chained.add(std::make_unique<Repeat>(1));
  chained.build();
  Element element = batch_of({1});
  const BatchBase* batch = element.batch.get();
  chained.feed(std::move(element));
  EXPECT_EQ(chained.chain().take_fed_batch().get(), batch);
  EXPECT_EQ(chained.chain().take_fed_batch(), nullptr);
}

TEST(Chain, NamesTheOperatorAtWorkWhenItThrows) {
  Chained chained(1);
  chained.add(std::make_unique<Repeat>(1));
  Scripted& op = chained.add_scripted();
  op.records = [](Batch<int>&, std::size_t, Outputs&) -> Progress { throw std::runtime_error("no"); };
  chained.build();
  chained.chain().feed(batch_of({1}), InputIndex(0));
  EXPECT_THROW(chained.settle(), std::runtime_error);
  EXPECT_EQ(chained.chain().running(), "stage 1");
}

TEST(Chain, SendsACopyToEveryEdgeOfAPort) {
  ReadySet ready(2);
  Channel first(4, 1, {&ready, 0}, {&ready, 1});
  Channel second(1, 1, {&ready, 0}, {&ready, 1});
  OperatorMetrics metrics;
  std::vector<Chain::Stage> stages(1);
  Chain::Stage& stage = stages.front();
  stage.op = std::make_unique<Repeat>(1);
  stage.outputs.add(std::make_unique<Output<int>>(2));
  stage.metrics = &metrics;
  stage.edges.resize(1);
  stage.edges[0].emplace_back(PlanEdge{}, stage.outputs.at(0), std::vector<Channel*>{&first}, 16);
  stage.edges[0].emplace_back(PlanEdge{}, stage.outputs.at(0), std::vector<Channel*>{&second}, 16);
  Chain chain(std::move(stages));
  chain.feed(batch_of({1, 2, 3, 4}), InputIndex(0));
  while (chain.advance() == Chain::State::kProgress) {
  }
  Strings at_first;
  Strings at_second;
  Element element;
  // The second channel takes one batch at a time: the first must not see the other batch twice.
  while (second.pop(element)) {
    describe(element, at_second);
    while (chain.advance() == Chain::State::kProgress) {
    }
  }
  while (first.pop(element)) describe(element, at_first);
  EXPECT_EQ(at_first, (Strings{"1", "2", "3", "4"}));
  EXPECT_EQ(at_second, (Strings{"1", "2", "3", "4"}));
}

}  // namespace
}  // namespace weir::runtime
