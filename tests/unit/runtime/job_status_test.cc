#include "weir/runtime/job_status.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/sim/world.h"

#include "checkpointed_run.h"
#include "sequence_job.h"

// What a job tells about itself, by what happened to it in the simulated world.

namespace weir::runtime {
namespace {

using namespace std::chrono_literals;

class JobStatusTest : public testing::Test {
 protected:
  JobStatusTest() : run(world, [this] { return graph(); }) {}

  Graph graph() {
    SequenceGraph graph;
    const NodeId source = graph.source(script);
    const NodeId follow = graph.follow({source}, watch);
    graph.sink(follow, target);
    return graph.take();
  }

  JobStatus status() { return run.job().status(); }

  /// The word of each state that the job was in.
  static std::vector<std::string> states(const JobStatus& status) {
    std::vector<std::string> states;
    for (const JobStateChange& change : status.changes) states.emplace_back(to_string(change.state));
    return states;
  }

  static std::uint64_t sum(const VertexStatus& vertex, std::uint64_t SubtaskStatus::* counter) {
    return std::accumulate(vertex.subtasks.begin(), vertex.subtasks.end(), std::uint64_t{0},
                           [&](std::uint64_t sum, const SubtaskStatus& subtask) { return sum + subtask.*counter; });
  }

  sim::World world{1};
  SequenceScript script;
  std::shared_ptr<Follow::Watch> watch = std::make_shared<Follow::Watch>();
  std::shared_ptr<Target> target = std::make_shared<Target>();
  CheckpointedRun run;
};

using States = std::vector<std::string>;

TEST_F(JobStatusTest, NamesTheVerticesAndHowRecordsComeToThem) {
  run.start();
  const JobStatus now = status();
  ASSERT_EQ(now.vertices.size(), 2U);
  EXPECT_EQ(now.vertices[0].name, "sequence");
  EXPECT_EQ(now.vertices[1].operators, (std::vector<std::string>{"follow", "sink"}));
  EXPECT_EQ(now.vertices[1].parallelism, 2U);
  EXPECT_TRUE(now.vertices[0].inputs.empty());
  ASSERT_EQ(now.vertices[1].inputs.size(), 1U);
  EXPECT_EQ(now.vertices[1].inputs[0].vertex, 0U);
  EXPECT_EQ(now.vertices[1].inputs[0].ship_strategy, "HASH");
}

TEST_F(JobStatusTest, CallsAVertexTheSameAtAnyParallelism) {
  const auto ids = [this] {
    run.start();
    States all;
    for (const VertexStatus& vertex : status().vertices) all.push_back(vertex.id);
    return all;
  };
  const auto at_two = ids();
  run.options.parallelism = 3;
  EXPECT_EQ(ids(), at_two);
  EXPECT_EQ(std::set<std::string>(at_two.begin(), at_two.end()).size(), 2U);
  for (const std::string& id : at_two) {
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos) << id;
  }
}

TEST_F(JobStatusTest, TellsTheStatesOfAJobThatFinished) {
  run.run_to_end();
  const JobStatus end = status();
  EXPECT_EQ(end.state, JobState::kFinished);
  EXPECT_EQ(states(end), (States{"CREATED", "RUNNING", "FINISHED"}));
  EXPECT_TRUE(std::is_sorted(end.changes.begin(), end.changes.end(),
                             [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; }));
  EXPECT_EQ(end.ended_ms, end.changes.back().at_ms);
  EXPECT_GT(end.ended_ms, end.started_ms);
  for (const VertexStatus& vertex : end.vertices) {
    for (const SubtaskStatus& subtask : vertex.subtasks) {
      EXPECT_EQ(subtask.state, TaskState::kFinished);
      EXPECT_GE(subtask.ended_ms, subtask.started_ms);
    }
  }
}

TEST_F(JobStatusTest, CountsRecordsAtTheEndsOfEachChain) {
  run.run_to_end();
  const JobStatus end = status();
  const std::uint64_t all = script.all().size();
  EXPECT_EQ(sum(end.vertices[0], &SubtaskStatus::records_in), 0U);
  EXPECT_EQ(sum(end.vertices[0], &SubtaskStatus::records_out), all);
  EXPECT_EQ(sum(end.vertices[1], &SubtaskStatus::records_in), all);
  EXPECT_EQ(sum(end.vertices[1], &SubtaskStatus::records_out), 0U);
}

TEST_F(JobStatusTest, RemembersAFailureThatWasRestartedAndGoesOnCounting) {
  run.options.restart = {.kind = RestartStrategy::Kind::kFixedDelay, .attempts = 3, .delay = Duration{50}};
  bool thrown = false;
  watch->look = [&](const Event& event) {
    if (event.number == 30 && !std::exchange(thrown, true)) throw ExternalError("thirty is too much");
  };
  run.start();
  run.run_until([&] { return status().state == JobState::kRestarting; });
  const JobStatus between = status();
  const auto& follow = between.vertices[1].subtasks;
  EXPECT_TRUE(std::any_of(follow.begin(), follow.end(),
                          [](const SubtaskStatus& subtask) { return subtask.state == TaskState::kFailed; }));
  EXPECT_EQ(between.vertices[0].subtasks[0].state, TaskState::kCanceled);
  const std::uint64_t before = sum(between.vertices[1], &SubtaskStatus::records_in);
  EXPECT_GT(before, 0U);

  run.run_until([&] { return status().state == JobState::kRunning; });
  EXPECT_GE(sum(status().vertices[1], &SubtaskStatus::records_in), before);
  run.run();
  const JobStatus end = status();
  EXPECT_EQ(states(end), (States{"CREATED", "RUNNING", "RESTARTING", "RUNNING", "FINISHED"}));
  EXPECT_EQ(end.restarts, 1U);
  ASSERT_EQ(end.exceptions.size(), 1U);
  EXPECT_EQ(end.exceptions[0].message, "thirty is too much");
  EXPECT_NE(end.exceptions[0].where.find("follow"), std::string::npos) << end.exceptions[0].where;
  EXPECT_GE(end.exceptions[0].at_ms, end.started_ms);
  EXPECT_EQ(end.vertices[1].subtasks[0].attempt, 1U);
  EXPECT_GT(sum(end.vertices[1], &SubtaskStatus::records_in), script.all().size());
}

TEST_F(JobStatusTest, TellsWhatEndedAJobThatFailed) {
  watch->look = [](const Event&) { throw UserError("not today"); };
  run.run_to_end();
  const JobStatus end = status();
  EXPECT_EQ(states(end), (States{"CREATED", "RUNNING", "FAILING", "FAILED"}));
  ASSERT_EQ(end.exceptions.size(), 1U) << "what is told twice is one failure";
  EXPECT_EQ(end.exceptions[0].message, "not today");
}

TEST_F(JobStatusTest, TellsThatAJobWasCancelled) {
  run.start();
  run.run_for(50ms);
  run.job().cancel();
  run.run();
  const JobStatus end = status();
  EXPECT_EQ(states(end), (States{"CREATED", "RUNNING", "CANCELLING", "CANCELED"}));
  EXPECT_EQ(end.vertices[0].subtasks[0].state, TaskState::kCanceled);
  EXPECT_TRUE(end.exceptions.empty());
}

TEST_F(JobStatusTest, SumsUpToTheTimeThatPassed) {
  run.start();
  run.run_until([&] { return status().vertices[1].subtasks[0].state == TaskState::kRunning; });
  const auto uses = [](const SubtaskStatus& subtask) {
    return subtask.busy_ns + subtask.idle_ns + subtask.back_pressured_ns;
  };
  const JobStatus before = status();
  const MonotonicTime then = world.now();
  run.run_for(70ms);
  const JobStatus after = status();
  const auto passed = static_cast<std::uint64_t>((world.now() - then).count());
  ASSERT_GT(passed, 0U);
  for (std::size_t vertex = 0; vertex < 2; ++vertex) {
    for (std::size_t i = 0; i < 2; ++i)
      EXPECT_EQ(uses(after.vertices[vertex].subtasks[i]) - uses(before.vertices[vertex].subtasks[i]), passed);
  }
}

/// Takes one event, then lets the task wait.
class SlowSink final : public Sink {
 public:
  std::unique_ptr<SinkWriter> make_writer() const override { return std::make_unique<Writer>(); }

 private:
  class Writer final : public SinkWriter {
   public:
    void open(const OperatorContext& context) override { context_ = context; }
    Progress write(BatchBase&, std::size_t from) override {
      const MonotonicTime now = context_.host->monotonic_now();
      if (now < ready_) return {from, Stop::kBlocked};
      ready_ = now + 10ms;
      timer_ = context_.host->at(ready_, [notifier = context_.notifier] { notifier.notify(); });
      return {from + 1, Stop::kBlocked};
    }
    void stage(CheckpointId) override {}
    std::optional<StagedOutputs> staged() override { return StagedOutputs{}; }

   private:
    OperatorContext context_;
    MonotonicTime ready_{};
    std::unique_ptr<Timer> timer_;
  };
};

TEST_F(JobStatusTest, ShowsBackPressureUpstreamOfASlowSink) {
  script.pace = 0ms;
  script.numbers = 1000;
  Graph graph = [this] {
    SequenceGraph building;
    building.source(script);
    return building.take();
  }();
  GraphNode sink;
  sink.name = "slow";
  sink.sink = std::make_shared<SlowSink>();
  GraphInput input;
  input.from = NodeId(0);
  input.partitioning = Partitioning::kRebalance;
  sink.inputs = {input};
  graph.add(std::move(sink));
  JobOptions options = checkpointed_options();
  options.checkpoints.reset();
  LocalJob job(world, std::move(graph), options, [](const JobResult&) {});
  job.start();
  const auto run_for = [this](std::chrono::nanoseconds time) {
    const MonotonicTime end = world.now() + time;
    world.after(time, [] {});
    world.run_until([&] { return world.now() >= end; });
  };
  run_for(500ms);
  const JobStatus before = job.status();
  const MonotonicTime then = world.now();
  run_for(500ms);
  const JobStatus after = job.status();
  const auto passed = static_cast<double>((world.now() - then).count());
  const auto share = [&](std::size_t vertex, std::uint64_t SubtaskStatus::* use) {
    return static_cast<double>(sum(after.vertices[vertex], use) - sum(before.vertices[vertex], use)) / 2 / passed;
  };
  EXPECT_GT(share(0, &SubtaskStatus::back_pressured_ns), 0.9);
  EXPECT_LT(share(0, &SubtaskStatus::idle_ns), 0.05);
  EXPECT_GT(share(1, &SubtaskStatus::busy_ns), 0.9) << "who waits for the outside is no idler";
  EXPECT_EQ(share(1, &SubtaskStatus::back_pressured_ns), 0);
}

TEST_F(JobStatusTest, CountsTheBytesOfBatchesAtBothEndsOfAChannel) {
  run.run_to_end();
  const JobStatus end = status();
  const std::uint64_t bytes = script.all().size() * (sizeof(Event) + sizeof(Timestamp));
  EXPECT_EQ(sum(end.vertices[0], &SubtaskStatus::bytes_in), 0U);
  EXPECT_EQ(sum(end.vertices[0], &SubtaskStatus::bytes_out), bytes);
  EXPECT_EQ(sum(end.vertices[1], &SubtaskStatus::bytes_in), bytes);
  EXPECT_EQ(sum(end.vertices[1], &SubtaskStatus::bytes_out), 0U);
}

TEST_F(JobStatusTest, ComesOutOfItsEncodingAsItWentIn) {
  run.run_to_end();
  const JobStatus told = status();
  const JobStatus read = decode_status(encode_status(told));
  EXPECT_EQ(encode_status(read), encode_status(told));
  EXPECT_EQ(read.vertices[1].operators, told.vertices[1].operators);
  EXPECT_EQ(states(read), states(told));
  EXPECT_EQ(read.vertices[0].subtasks[1].records_out, told.vertices[0].subtasks[1].records_out);
}

TEST_F(JobStatusTest, IsRefusedWhenAnotherVersionEncodedIt) {
  run.start();
  std::string bytes = encode_status(status());
  bytes[0] = static_cast<char>(bytes[0] ^ 1);
  EXPECT_THROW(decode_status(bytes), UserError);
  EXPECT_THROW(decode_status(encode_status(status()).substr(0, 40)), CorruptionError);
}

}  // namespace
}  // namespace weir::runtime
