#include "weir/runtime/local_job.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "weir/core/blocking_call.h"
#include "weir/core/error.h"
#include "weir/core/hash.h"
#include "weir/sim/world.h"

// Whole jobs of small operators in the simulated world: nothing is lost, doubled or stuck, whatever the channels hold.

namespace weir::runtime {
namespace {

using Numbers = std::vector<int>;

/// The numbers below `count`, shared out among `splits` that are found a while after the start.
class NumberSource final : public Source {
 public:
  NumberSource(int count, int splits) : count_(count), splits_(splits) {}

  bool bounded() const override { return true; }
  bool replayable() const override { return true; }
  std::unique_ptr<SplitEnumerator> make_enumerator() const override { return std::make_unique<Enumerator>(splits_); }
  std::unique_ptr<SourceReader> make_reader() const override { return std::make_unique<Reader>(count_, splits_); }

 private:
  class Enumerator final : public SplitEnumerator {
   public:
    explicit Enumerator(int splits) : splits_(splits) {}
    void start(SplitAssigner& assigner) override {
      assigner.host().blocking(
          [] {},
          [weak = std::weak_ptr<bool>(alive_), splits = splits_, to = &assigner](std::exception_ptr) {
            if (weak.expired()) return;
            for (int split = 0; split < splits; ++split) to->assign({std::to_string(split), ""});
            to->no_more_splits();
          });
    }

   private:
    int splits_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  };

  class Reader final : public SourceReader {
   public:
    Reader(int count, int stride) : count_(count), stride_(stride) {}
    void open(const OperatorContext&) override {}
    void add_split(const Split& split, SplitIndex index) override { splits_.push_back({std::stoi(split.id), index}); }
    void no_more_splits() override { no_more_ = true; }
    Poll poll(Outputs& out) override {
      if (splits_.empty()) return no_more_ ? Poll::kExhausted : Poll::kWait;
      auto& [next, index] = splits_.back();
      out.set_split(index);
      for (int i = 0; i < 5 && next < count_; ++i, next += stride_) out.port<int>().emit(next, kNoTimestamp);
      if (next >= count_) splits_.pop_back();
      return Poll::kMore;
    }
    std::vector<Split> splits() const override { return {}; }

   private:
    int count_;
    int stride_;
    std::vector<std::pair<int, SplitIndex>> splits_;
    bool no_more_ = false;
  };

  int count_;
  int splits_;
};

/// Shows numbers when they are delivered; staging takes a while. A handle says which numbers it stands for.
class NumberSink final : public Sink {
 public:
  explicit NumberSink(std::shared_ptr<Numbers> delivered) : delivered_(std::move(delivered)) {}
  std::unique_ptr<SinkWriter> make_writer() const override { return std::make_unique<Writer>(); }
  void deliver(Host&, const StagedOutputs& outputs) const override {
    for (const StagedOutput& output : outputs) {
      std::istringstream numbers(output.handle);
      for (int number = 0; numbers >> number;) delivered_->push_back(number);
    }
  }

 private:
  class Writer final : public SinkWriter {
   public:
    void open(const OperatorContext& context) override { call_.open(*context.host, context.notifier); }
    Progress write(BatchBase& batch, std::size_t from) override {
      const auto& numbers = static_cast<const Batch<int>&>(batch);
      for (std::size_t i = from; i < numbers.size(); ++i) handle_ += std::to_string(numbers[i]) + " ";
      return {numbers.size(), Stop::kDone};
    }
    void stage(CheckpointId checkpoint) override {
      staged_.push_back({checkpoint, SubtaskIndex(0), std::exchange(handle_, {})});
      call_.start([] {});
    }
    std::optional<StagedOutputs> staged() override { return call_.ready() ? std::optional(staged_) : std::nullopt; }

   private:
    BlockingCall call_;
    std::string handle_;
    StagedOutputs staged_;
  };

  std::shared_ptr<Numbers> delivered_;
};

/// Passes every number on twice, in the middle of which its output may be full. Calls `look` with each before.
class Twice final : public Operator {
 public:
  explicit Twice(std::function<void(int)> look) : look_(std::move(look)) {}
  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    const auto& numbers = static_cast<const Batch<int>&>(*batch);
    for (std::size_t i = from; i < numbers.size(); ++i) {
      if (!second_ && look_) look_(numbers[i]);
      for (int time = second_ ? 1 : 0; time < 2; ++time) {
        second_ = time == 1;
        if (out.full()) return {i, Stop::kOutputFull};
        out.port<int>().emit(numbers[i], kNoTimestamp);
      }
      second_ = false;
    }
    return {numbers.size(), Stop::kDone};
  }

 private:
  std::function<void(int)> look_;
  bool second_ = false;
};

GraphPort int_port() {
  return {"int",
          [](std::size_t capacity) -> std::unique_ptr<OutputBase> { return std::make_unique<Output<int>>(capacity); }};
}

struct Job {
  int count = 1000;
  std::uint32_t parallelism = 3;
  std::function<void(int)> look;  ///< sees every number

  /// source -> by key -> twice -> in turn -> sink, of other parallelism.
  Graph graph(const std::shared_ptr<Numbers>& delivered) const {
    Graph graph;
    GraphNode source;
    source.name = "numbers";
    source.source = std::make_shared<NumberSource>(count, 5);
    source.outputs = {int_port()};
    const NodeId from = graph.add(std::move(source));
    GraphNode twice;
    twice.name = "twice";
    twice.make_operator = [look = look] { return std::make_unique<Twice>(look); };
    GraphInput by_key;
    by_key.from = from;
    by_key.partitioning = Partitioning::kHash;
    by_key.hash_keys = [](BatchBase& batch) {
      auto& numbers = static_cast<Batch<int>&>(batch);
      for (std::size_t i = 0; i < numbers.size(); ++i) numbers.hashes()[i] = hash_key(numbers[i]);
    };
    twice.inputs = {by_key};
    twice.outputs = {int_port()};
    const NodeId doubled = graph.add(std::move(twice));
    GraphNode sink;
    sink.name = "sink";
    sink.parallelism = 2;
    sink.sink = std::make_shared<NumberSink>(delivered);
    GraphInput in_turn;
    in_turn.from = doubled;
    sink.inputs = {in_turn};
    graph.add(std::move(sink));
    return graph;
  }
};

class LocalJobTest : public testing::Test {
 protected:
  /// Runs a job to its end. A job that is stuck ends the test.
  JobResult run(std::uint64_t seed, const Job& job, JobOptions options, std::size_t batch_size = 2) {
    delivered->clear();
    options.parallelism = job.parallelism;
    options.workers = 2;
    options.batch_size = batch_size;
    options.channel_batches = 1;
    sim::World world(seed);
    std::optional<JobResult> result;
    LocalJob running(world, job.graph(delivered), options, [&](JobResult ended) { result = std::move(ended); });
    running.start();
    world.run_until([&] { return result.has_value(); });
    progress = running.progress();
    return *result;
  }

  static Numbers each_twice(int count) {
    Numbers all;
    for (int number = 0; number < count; ++number) all.insert(all.end(), 2, number);
    return all;
  }

  Numbers sorted_output() const {
    Numbers all = *delivered;
    std::sort(all.begin(), all.end());
    return all;
  }

  std::shared_ptr<Numbers> delivered = std::make_shared<Numbers>();
  JobProgress progress;
};

TEST_F(LocalJobTest, HandlesEveryRecordOnceWhateverItsChannelsHold) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Job job;
    job.count = 300;
    job.parallelism = static_cast<std::uint32_t>(1 + seed % 4);
    const JobResult result = run(seed, job, {}, seed % 3 + 1);
    ASSERT_EQ(result.state, JobResult::State::kFinished) << result.message;
    ASSERT_EQ(sorted_output(), each_twice(300));
    EXPECT_EQ(progress.records_in, 300U);
    EXPECT_EQ(progress.records_out, 600U);
    EXPECT_EQ(progress.watermark, Watermark::end());
  }
}

TEST_F(LocalJobTest, EndsWithoutRecords) {
  Job job;
  job.count = 0;
  EXPECT_EQ(run(1, job, {}).state, JobResult::State::kFinished);
  EXPECT_TRUE(delivered->empty());
}

TEST_F(LocalJobTest, StartsAgainAfterAFailureAndShowsNothingOfTheFailedAttempt) {
  int failures_left = 2;
  Job job;
  job.look = [&](int number) {
    if (number == 500 && failures_left > 0) {
      --failures_left;
      throw ExternalError("the network is down");
    }
  };
  JobOptions options;
  options.restart.kind = RestartStrategy::Kind::kFixedDelay;
  options.restart.attempts = 2;
  EXPECT_EQ(run(1, job, options).state, JobResult::State::kFinished);
  EXPECT_EQ(sorted_output(), each_twice(1000));
  EXPECT_EQ(progress.restarts, 2U);
}

TEST_F(LocalJobTest, FailsOnceItsRestartsAreSpentAndNamesThePlace) {
  int failures = 0;
  Job job;
  job.look = [&](int number) {
    if (number != 500) return;
    ++failures;
    throw ExternalError("the network is down");
  };
  JobOptions options;
  options.restart.kind = RestartStrategy::Kind::kFixedDelay;
  options.restart.attempts = 2;
  const JobResult result = run(1, job, options);
  EXPECT_EQ(result.state, JobResult::State::kFailed);
  EXPECT_EQ(failures, 3) << "the first attempt and two restarts";
  EXPECT_NE(result.message.find("at 'twice': the network is down"), std::string::npos) << result.message;
  EXPECT_TRUE(delivered->empty());
}

TEST_F(LocalJobTest, DoesNotRepeatAMistakeOfTheUser) {
  int failures = 0;
  Job job;
  job.look = [&](int) {
    ++failures;
    throw UserError("no such user");
  };
  JobOptions options;
  options.restart.kind = RestartStrategy::Kind::kFixedDelay;
  job.parallelism = 1;
  EXPECT_EQ(run(1, job, options).state, JobResult::State::kFailed);
  EXPECT_EQ(failures, 1);
}

TEST_F(LocalJobTest, ShowsNothingWhenItIsCancelled) {
  sim::World world(1);
  std::optional<JobResult> result;
  Job job;
  LocalJob* running = nullptr;
  job.look = [&](int number) {
    if (number == 500) running->cancel();
  };
  JobOptions options;
  options.parallelism = 2;
  LocalJob cancelled(world, job.graph(delivered), options, [&](JobResult ended) { result = std::move(ended); });
  running = &cancelled;
  cancelled.start();
  world.run_until([&] { return result.has_value(); });
  EXPECT_EQ(result->state, JobResult::State::kCancelled);
  EXPECT_TRUE(delivered->empty());
}

}  // namespace
}  // namespace weir::runtime
