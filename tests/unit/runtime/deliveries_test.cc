#include "weir/runtime/deliveries.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/sim/world.h"

namespace weir::runtime {
namespace {

using checkpoint::SinkOutputs;
using testing::ElementsAre;
using testing::HasSubstr;

/// A target that notes what is delivered, and refuses as often as it is told.
struct Target {
  std::vector<std::string> seen;
  int failures = 0;
  Retry retry = Retry::kYes;
};

class TargetSink final : public Sink {
 public:
  explicit TargetSink(std::shared_ptr<Target> target) : target_(std::move(target)) {}
  std::unique_ptr<SinkWriter> make_writer() const override { return nullptr; }
  void deliver(Host&, const StagedOutputs& outputs) const override {
    if (target_->failures > 0) {
      --target_->failures;
      throw ExternalError("the target is away", target_->retry);
    }
    for (const StagedOutput& output : outputs) target_->seen.push_back(output.handle);
  }

 private:
  std::shared_ptr<Target> target_;
};

struct DeliveriesTest : testing::Test {
  DeliveriesTest() {
    for (const char* name : {"first", "second"}) {
      GraphNode sink;
      sink.name = name;
      sink.sink = std::make_shared<TargetSink>(target);
      graph.add(std::move(sink));
    }
    Deliveries::Events events;
    events.delivered = [this](CheckpointId checkpoint) { told.push_back(std::to_string(checkpoint.value())); };
    events.failed = [this](std::exception_ptr error) {
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& e) {
        told.push_back(std::string("failed: ") + e.what());
      }
    };
    events.retrying = [this](const std::string& text) { retries.push_back(text); };
    events.pause = [this](std::uint32_t failures) {
      return failures <= patience ? Deliveries::growing_pause(failures) : std::nullopt;
    };
    deliveries = std::make_unique<Deliveries>(world, graph, std::move(events));
  }

  static SinkOutputs outputs(std::string sink, const std::vector<std::string>& handles) {
    SinkOutputs of{std::move(sink), {}};
    for (const std::string& handle : handles) of.outputs.push_back({CheckpointId(1), SubtaskIndex(0), handle});
    return of;
  }
  void deliver(std::uint64_t checkpoint, std::vector<SinkOutputs> staged) {
    world.post(
        [this, checkpoint, staged] { deliveries->deliver(CheckpointId(checkpoint), deliveries_of(graph, staged)); });
  }
  void stop(Deliveries::Rest rest) {
    world.post([this, rest] {
      deliveries->stop(rest, [this](std::size_t left) { told.push_back("stopped, left " + std::to_string(left)); });
    });
  }

  sim::World world{1};
  std::shared_ptr<Target> target = std::make_shared<Target>();
  Graph graph;
  std::uint32_t patience = 100;
  std::vector<std::string> told;
  std::vector<std::string> retries;
  std::unique_ptr<Deliveries> deliveries;
};

TEST_F(DeliveriesTest, DeliverCheckpointAfterCheckpointInOrder) {
  deliver(1, {outputs("second", {"a", "b"}), outputs("first", {"c"})});
  deliver(2, {});
  deliver(3, {outputs("first", {"d"})});
  world.run_until([&] { return told.size() == 3; });
  EXPECT_THAT(told, ElementsAre("1", "2", "3"));
  EXPECT_THAT(target->seen, ElementsAre("a", "b", "c", "d"));
  EXPECT_FALSE(deliveries->busy());
}

TEST_F(DeliveriesTest, TryAgainWhatMayBeRetried) {
  target->failures = 5;
  deliver(1, {outputs("first", {"a"})});
  deliver(2, {outputs("first", {"b"})});
  world.run_until([&] { return told.size() == 2; });
  EXPECT_THAT(target->seen, ElementsAre("a", "b"));
  ASSERT_EQ(retries.size(), 5U);
  EXPECT_EQ(retries[1], "delivering the output of 'first' again in 100 ms: the target is away");
}

TEST_F(DeliveriesTest, FailWhereARetryCannotHelpAndDeliverNothingAfterIt) {
  target->failures = 1;
  target->retry = Retry::kNo;
  deliver(1, {outputs("first", {"a"})});
  deliver(2, {outputs("second", {"b"})});
  world.run_for(std::chrono::minutes(1));
  EXPECT_THAT(told, ElementsAre("failed: the target is away"));
  EXPECT_TRUE(target->seen.empty());
}

TEST_F(DeliveriesTest, FailWhenPatienceIsSpent) {
  patience = 2;
  target->failures = 3;
  deliver(1, {outputs("first", {"a"})});
  deliver(2, {outputs("second", {"b"})});
  world.run_for(std::chrono::minutes(1));
  EXPECT_EQ(retries.size(), 2U);
  EXPECT_THAT(told, ElementsAre("failed: the target is away"));
  EXPECT_TRUE(target->seen.empty());
}

TEST_F(DeliveriesTest, PauseLongerAfterEachFailureUpToFiveSeconds) {
  EXPECT_EQ(Deliveries::growing_pause(1), Duration{50});
  EXPECT_EQ(Deliveries::growing_pause(2), Duration{100});
  EXPECT_EQ(Deliveries::growing_pause(8), Duration{5000});
  EXPECT_EQ(Deliveries::growing_pause(4'000'000'000), Duration{5000});
}

TEST_F(DeliveriesTest, DeliverWhatIsQueuedBeforeTheyStop) {
  deliver(1, {outputs("first", {"a"})});
  deliver(2, {outputs("second", {"b"})});
  stop(Deliveries::Rest::kTried);
  deliver(3, {outputs("second", {"c"})});
  world.run_for(std::chrono::minutes(1));
  EXPECT_THAT(target->seen, ElementsAre("a", "b"));
  EXPECT_THAT(told, ElementsAre("1", "2", "stopped, left 0"));
}

TEST_F(DeliveriesTest, StopAtTheFirstFailure) {
  target->failures = 1;
  deliver(1, {outputs("first", {"a"}), outputs("second", {"b"})});
  stop(Deliveries::Rest::kTried);
  world.run_for(std::chrono::minutes(1));
  EXPECT_TRUE(target->seen.empty());
  EXPECT_TRUE(retries.empty());
  EXPECT_THAT(told, ElementsAre("stopped, left 2"));
}

TEST_F(DeliveriesTest, TryOnceMoreWhatPausesWhenTheyStop) {
  target->failures = 1;
  deliver(1, {outputs("first", {"a"})});
  world.run_until([&] { return deliveries->pausing(); });
  stop(Deliveries::Rest::kTried);
  world.run_for(std::chrono::minutes(1));
  EXPECT_THAT(target->seen, ElementsAre("a"));
  EXPECT_THAT(told, ElementsAre("1", "stopped, left 0"));
}

TEST_F(DeliveriesTest, LeaveWhatIsQueuedWhenTheyHaveTo) {
  deliver(1, {outputs("first", {"a"}), outputs("second", {"b"})});
  deliver(2, {outputs("second", {"c"})});
  stop(Deliveries::Rest::kLeft);
  world.run_for(std::chrono::minutes(1));
  EXPECT_THAT(target->seen, ElementsAre("a")) << "what was under way ends";
  EXPECT_THAT(told, ElementsAre("stopped, left 2"));
}

TEST_F(DeliveriesTest, StopAtOnceWhenNothingIsToDo) {
  stop(Deliveries::Rest::kTried);
  world.run_until([&] { return !told.empty(); });
  EXPECT_THAT(told, ElementsAre("stopped, left 0"));
}

TEST_F(DeliveriesTest, TellNobodyOnceTheyAreGone) {
  target->failures = 1;
  deliver(1, {outputs("first", {"a"})});
  world.run_until([&] { return target->failures == 0; });
  deliveries.reset();
  world.run_for(std::chrono::minutes(1));
  EXPECT_TRUE(told.empty());
}

TEST_F(DeliveriesTest, RefuseOutputOfASinkThatTheJobHasNot) {
  try {
    deliveries_of(graph, {outputs("third", {"a"})});
    FAIL() << "accepted";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'third'"));
  }
}

}  // namespace
}  // namespace weir::runtime
