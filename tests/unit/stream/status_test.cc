#include <string>

#include <gtest/gtest.h>

#include "weir/stream/job_text.h"
#include "weir/stream/status_line.h"

namespace weir::detail {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNow = timestamp_ms(1'000'000);
constexpr std::size_t kWide = 300;

StatusSample busy() {
  StatusSample sample{12'300ms, {}, {}};
  sample.progress.records_in = 34'500'000;
  sample.progress.records_out = 40'000;
  sample.progress.late = 12;
  sample.progress.watermark = Watermark(kNow - 4100ms);
  return sample;
}

/// busy(), two seconds before.
StatusSample before_busy() {
  StatusSample sample = busy();
  sample.elapsed -= 2s;
  sample.progress.records_in -= 2'400'000;
  sample.progress.records_out -= 6'400;
  return sample;
}

TEST(StatusLine, ShowsRatesOfTheIntervalAndTotalsOfTheJob) {
  EXPECT_EQ(status_line(before_busy(), busy(), kNow, kWide),
            "12.3 s | in 1.2 M/s (34.5 M) | out 3.2 k/s (40 k) | watermark 4.1 s behind | late 12 | restarts 0");
}

TEST(StatusLine, ShowsNoLagWithoutAWatermarkOrAtTheEnd) {
  StatusSample sample{1s, {}, {}};
  EXPECT_EQ(status_line(StatusSample{}, sample, kNow, kWide),
            "1.0 s | in 0/s (0) | out 0/s (0) | watermark - | late 0 | restarts 0");
  sample.progress.watermark = Watermark::end();
  EXPECT_EQ(status_line(StatusSample{}, sample, kNow, kWide),
            "1.0 s | in 0/s (0) | out 0/s (0) | watermark - | late 0 | restarts 0");
}

TEST(StatusLine, ShowsAWatermarkThatIsAheadOfTheClock) {
  StatusSample sample{1s, {}, {}};
  sample.progress.watermark = Watermark(kNow + 90s);
  EXPECT_EQ(status_line(StatusSample{}, sample, kNow, kWide),
            "1.0 s | in 0/s (0) | out 0/s (0) | watermark 1 m 30 s ahead | late 0 | restarts 0");
}

TEST(StatusLine, CountsAnewAfterARestart) {
  StatusSample after = busy();
  after.progress.records_in = 1000;
  after.progress.records_out = 0;
  after.progress.late = 0;
  after.progress.restarts = 1;
  EXPECT_EQ(status_line(before_busy(), after, kNow, kWide),
            "12.3 s | in 500/s (1 k) | out 0/s (0) | watermark 4.1 s behind | late 0 | restarts 1");
}

/// busy(), with a checkpoint 4.1 s ago.
StatusSample checkpointed() {
  StatusSample sample = busy();
  sample.at = MonotonicTime(100s);
  checkpoint::Statistics statistics;
  statistics.completed = 7;
  checkpoint::CompletedStatistics last;
  last.checkpoint = CheckpointId(12);
  last.completed = sample.at - 4100ms;
  last.duration = 45'400us;
  last.alignment = 1'600us;
  last.state_bytes = 34'500'000;
  statistics.last = last;
  sample.progress.checkpoints = statistics;
  return sample;
}

TEST(StatusLine, ShowsTheLastCheckpoint) {
  EXPECT_EQ(
      status_line(before_busy(), checkpointed(), kNow, kWide),
      "12.3 s | in 1.2 M/s (34.5 M) | out 3.2 k/s (40 k) | watermark 4.1 s behind | checkpoint 12 4.1 s ago (34.5 "
      "MB in 45 ms, alignment 2 ms) | late 12 | restarts 0");
  StatusSample none = checkpointed();
  none.progress.checkpoints->last.reset();
  EXPECT_EQ(
      status_line(before_busy(), none, kNow, kWide),
      "12.3 s | in 1.2 M/s (34.5 M) | out 3.2 k/s (40 k) | watermark 4.1 s behind | no checkpoint yet | late 12 | "
      "restarts 0");
}

TEST(StatusLine, ShowsCheckpointsThatFailedAndWhereTheJobWentOn) {
  StatusSample sample = checkpointed();
  sample.progress.checkpoints->failed = 3;
  sample.progress.checkpoints->restored = CheckpointId(5);
  sample.progress.checkpoints->last->duration = 61s;
  const std::string line = status_line(before_busy(), sample, kNow, kWide);
  EXPECT_NE(line.find("(34.5 MB in 1 m 01 s, alignment 2 ms) | late 12 | restarts 0 | failed checkpoints 3 | went on "
                      "from checkpoint 5"),
            std::string::npos)
      << line;
}

TEST(StatusLine, LeavesOutWhatSaysNothingThenWholePartsWhenTheTerminalIsNarrow) {
  EXPECT_EQ(status_line(before_busy(), busy(), kNow, 90),
            "12.3 s | in 1.2 M/s (34.5 M) | out 3.2 k/s (40 k) | watermark 4.1 s behind | late 12");
  EXPECT_EQ(status_line(before_busy(), busy(), kNow, 79),
            "12.3 s | in 1.2 M/s (34.5 M) | out 3.2 k/s (40 k) | watermark 4.1 s behind");
  StatusSample restarted = busy();
  restarted.progress.watermark = Watermark::none();
  restarted.progress.restarts = 3;
  EXPECT_EQ(status_line(before_busy(), restarted, kNow, 75),
            "12.3 s | in 1.2 M/s (34.5 M) | out 3.2 k/s (40 k) | late 12 | restarts 3");
}

TEST(StatusLine, NeverIsWiderThanTheTerminal) {
  for (std::size_t width = 0; width < 120; ++width)
    EXPECT_LE(status_line(before_busy(), busy(), kNow, width).size(), width);
  for (std::size_t width = 0; width < 200; ++width)
    EXPECT_LE(status_line(before_busy(), checkpointed(), kNow, width).size(), width);
  EXPECT_EQ(status_line(before_busy(), busy(), kNow, 28), "12.3 s | in 1.2 M/s (34.5 M)");
  EXPECT_EQ(status_line(before_busy(), busy(), kNow, 27), "12.3 s");
}

TEST(StatusLine, RoundsDurationsToTwoUnits) {
  EXPECT_EQ(rough_duration(0ms), "0.0 s");
  EXPECT_EQ(rough_duration(59'999ms), "59.9 s");
  EXPECT_EQ(rough_duration(60s), "1 m 00 s");
  EXPECT_EQ(rough_duration(3h + 2min + 59s), "3 h 02 m");
  EXPECT_EQ(rough_duration(51h), "2 d 03 h");
}

TEST(SummaryLine, TellsAllCountsExactly) {
  StatusSample sample = busy();
  sample.progress.restarts = 2;
  EXPECT_EQ(summary_line("Word Count", "finished", sample),
            "Word Count finished after 34500000 records in 12.3 s: out 40000, late 12, malformed 0, restarts 2");
  StatusSample one{500ms, {}, {}};
  one.progress.records_in = 1;
  one.progress.far_future = 1;
  EXPECT_EQ(summary_line("Word Count", "stopped by SIGINT", one),
            "Word Count stopped by SIGINT after 1 record in 0.5 s: out 0, late 0, malformed 0, restarts 0, "
            "too far in the future 1");
}

TEST(SummaryLine, TellsOfCheckpoints) {
  StatusSample sample = checkpointed();
  EXPECT_TRUE(summary_line("Word Count", "finished", sample).ends_with(", restarts 0, checkpoints 7"));
  sample.progress.checkpoints->failed = 2;
  sample.progress.checkpoints->restored = CheckpointId(5);
  EXPECT_TRUE(summary_line("Word Count", "finished", sample)
                  .ends_with(", checkpoints 7, failed checkpoints 2, went on from checkpoint 5"));
}

PlanTask task(std::uint32_t index, std::string name, std::uint32_t parallelism) {
  return {TaskIndex(index), std::move(name), {}, parallelism};
}

PlanEdge edge(std::uint32_t from, std::uint32_t to, Partitioning partitioning) {
  PlanEdge made;
  made.producer = TaskIndex(from);
  made.consumer = TaskIndex(to);
  made.partitioning = partitioning;
  return made;
}

TEST(PlanText, ShowsAPathOfTasksAndTheirExchanges) {
  const Plan plan{{task(0, "Source: Socket Stream -> Flat Map", 1), task(1, "counts -> Sink: Print", 2)},
                  {edge(0, 1, Partitioning::kHash)}};
  EXPECT_EQ(plan_text(plan), "Source: Socket Stream -> Flat Map (1) =hash=> counts -> Sink: Print (2)");
}

TEST(PlanText, ShowsAnExchangeOfSeveralEdgesOnce) {
  const Plan plan{{task(0, "A", 2), task(1, "B", 2)},
                  {edge(0, 1, Partitioning::kHash), edge(0, 1, Partitioning::kHash)}};
  EXPECT_EQ(plan_text(plan), "A (2) =hash=> B (2)");
}

TEST(PlanText, BeginsANewPathWhereTheFlowBranches) {
  const Plan plan{{task(0, "A", 1), task(1, "B", 2), task(2, "C", 2), task(3, "D", 1)},
                  {edge(0, 1, Partitioning::kHash), edge(0, 2, Partitioning::kBroadcast),
                   edge(1, 3, Partitioning::kRebalance), edge(2, 3, Partitioning::kRebalance)}};
  EXPECT_EQ(plan_text(plan), "A (1) =hash=> B (2) =rebalance=> D (1); A =broadcast=> C (2) =rebalance=> D");
}

TEST(PlanText, ShowsTasksThatExchangeNothing) {
  EXPECT_EQ(plan_text({{task(0, "A", 1), task(1, "B", 1)}, {}}), "A (1); B (1)");
}

class FakeSource final : public Source {
 public:
  explicit FakeSource(bool replayable) : replayable_(replayable) {}
  bool bounded() const override { return true; }
  bool replayable() const override { return replayable_; }
  std::unique_ptr<SplitEnumerator> make_enumerator() const override { return nullptr; }
  std::unique_ptr<SourceReader> make_reader() const override { return nullptr; }

 private:
  bool replayable_;
};

class FakeSink final : public Sink {
 public:
  explicit FakeSink(Guarantee guarantee) : guarantee_(guarantee) {}
  Guarantee guarantee() const override { return guarantee_; }
  std::unique_ptr<SinkWriter> make_writer() const override { return nullptr; }

 private:
  Guarantee guarantee_;
};

Graph graph_of(bool replayable, Guarantee guarantee) {
  Graph graph;
  GraphNode source;
  source.name = "Source: Socket Stream";
  source.source = std::make_shared<FakeSource>(replayable);
  graph.add(std::move(source));
  GraphNode sink;
  sink.name = "Sink: Print";
  sink.sink = std::make_shared<FakeSink>(guarantee);
  graph.add(std::move(sink));
  return graph;
}

using Lines = std::vector<std::string>;

TEST(Warnings, SayWhatAFailureLosesWithoutCheckpoints) {
  const std::string no_checkpoints =
      "There are no checkpoints: after a failure the job begins anew, with empty state. Name a directory for them with "
      "--weir.checkpoint-dir";
  EXPECT_EQ(
      warnings_of(graph_of(false, Guarantee::kAtLeastOnce), Checkpoints::kNone),
      (Lines{"'Source: Socket Stream' cannot be read again: records that are under way when the job fails are lost "
             "(at-most-once)",
             no_checkpoints}));
  EXPECT_EQ(warnings_of(graph_of(true, Guarantee::kExactlyOnce), Checkpoints::kNone), Lines{no_checkpoints});
}

TEST(Warnings, SayWhatAFailureLosesOrRepeatsInSpiteOfCheckpoints) {
  EXPECT_EQ(
      warnings_of(graph_of(false, Guarantee::kAtLeastOnce), Checkpoints::kTaken),
      (Lines{"'Source: Socket Stream' cannot be read again: records that no checkpoint holds when the job fails are "
             "lost (at-most-once)",
             "'Sink: Print' shows results again after a failure, those since the last checkpoint (at-least-once)"}));
  EXPECT_EQ(warnings_of(graph_of(true, Guarantee::kExactlyOnce), Checkpoints::kTaken), Lines{});
}

}  // namespace
}  // namespace weir::detail
