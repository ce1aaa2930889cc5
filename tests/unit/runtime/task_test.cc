#include "weir/runtime/task.h"

#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/core/kill.h"
#include "weir/runtime/worker.h"
#include "weir/sim/world.h"

namespace weir::runtime {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using Step = Task::Step;

Element batch_of(int value) {
  auto batch = std::make_unique<Batch<int>>(4);
  batch->push(value, kNoTimestamp);
  return Element::of(std::move(batch));
}

/// The end of a chain: writes down what it is told, and may be told to throw.
class Diary final : public Operator {
 public:
  explicit Diary(Strings& entries) : entries_(entries) {}

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs&) override {
    if (on_record) on_record();
    entries_.push_back(std::to_string(static_cast<Batch<int>&>(*batch)[from]));
    return {from + 1, from + 1 < batch->size() ? Stop::kOutputFull : Stop::kDone};
  }
  Stop on_watermark(Watermark watermark, Outputs&) override {
    entries_.push_back(watermark == Watermark::end() ? "last watermark" : "watermark");
    return Stop::kDone;
  }
  Stop on_split(SplitIndex split, SplitEvent, Outputs&) override {
    entries_.push_back("split " + std::to_string(split.value()));
    return Stop::kDone;
  }
  Stop on_input_idle(Outputs&) override { return write("input idle"); }
  Stop on_idle(Outputs&) override { return write("idle"); }
  Stop on_end(Outputs&) override { return write("end"); }
  Stop on_barrier(CheckpointId checkpoint, Outputs&) override {
    return write("barrier " + std::to_string(checkpoint.value()));
  }
  Stop on_time(Outputs&) override {
    deadline = {};
    return write("time");
  }
  Deadline next_deadline() const override { return deadline; }

  std::function<void()> on_record;
  Deadline deadline;

 private:
  Stop write(std::string entry) {
    entries_.push_back(std::move(entry));
    return Stop::kDone;
  }

  Strings& entries_;
};

/// Emits the ids of its splits as numbers, one a poll.
class IdReader final : public SourceReader {
 public:
  void open(const OperatorContext&) override {}
  void add_split(const Split& split, SplitIndex index) override { splits_.push_back({std::stoi(split.id), index}); }
  void no_more_splits() override { no_more_ = true; }
  Poll poll(Outputs& out) override {
    if (next_ == splits_.size()) return no_more_ ? Poll::kExhausted : Poll::kWait;
    out.set_split(splits_[next_].second);
    out.port<int>().emit(splits_[next_++].first, kNoTimestamp);
    return Poll::kMore;
  }
  std::vector<Split> splits() const override {
    std::vector<Split> splits;
    for (std::size_t i = 0; i < splits_.size(); ++i)
      splits.push_back({std::to_string(splits_[i].first), i < next_ ? "read" : ""});
    return splits;
  }

 private:
  std::vector<std::pair<int, SplitIndex>> splits_;
  std::size_t next_ = 0;
  bool no_more_ = false;
};

class TaskTest : public testing::Test {
 protected:
  Chain::Stage stage(const std::string& name) {
    Chain::Stage stage;
    stage.name = name;
    metrics_.push_back(std::make_unique<OperatorMetrics>());
    stage.metrics = metrics_.back().get();
    return stage;
  }

  void add_diary(Task::Parts& parts) {
    Chain::Stage sink = stage("diary");
    auto op = std::make_unique<Diary>(entries);
    diary = op.get();
    sink.op = std::move(op);
    parts.stages.push_back(std::move(sink));
  }

  std::unique_ptr<Task> finished(Task::Parts parts) {
    parts.name = "task (1/2)";
    parts.host = &world;
    parts.metrics = &task_metrics_;
    parts.notifier = Notifier(wake_);
    for (const Chain::Stage& made : parts.stages) {
      OperatorContext context;
      context.name = made.name;
      context.host = &world;
      parts.contexts.push_back(context);
      StageState state;
      state.name = made.name;
      state.op = made.op.get();
      state.saved = SavedOperator(saved, made.name, SubtaskIndex(0), 1);
      parts.states.push_back(std::move(state));
    }
    parts.events.acknowledge = [this](CheckpointId checkpoint, TaskSnapshot snapshot) {
      entries.push_back("acknowledged " + std::to_string(checkpoint.value()));
      snapshots.push_back(std::move(snapshot));
    };
    parts.events.decline = [this](CheckpointId checkpoint, const std::string&) {
      entries.push_back("declined " + std::to_string(checkpoint.value()));
    };
    parts.events.exhausted = [this] { entries.push_back("exhausted"); };
    return std::make_unique<Task>(std::move(parts));
  }

  /// A task that takes its input from `channel`.
  std::unique_ptr<Task> behind_channel() {
    Task::Parts parts;
    parts.gate.add(channel, {InputIndex(0)});
    add_diary(parts);
    return finished(std::move(parts));
  }

  /// A task that begins with a source.
  std::unique_ptr<Task> with_source(bool bounded, bool checkpoints = false) {
    Task::Parts parts;
    parts.checkpoints = checkpoints;
    parts.bounded = bounded;
    parts.reader = std::make_unique<IdReader>();
    Chain::Stage source = stage("source");
    source.outputs.add(std::make_unique<Output<int>>(4));
    source.edges.resize(1);
    parts.stages.push_back(std::move(source));
    add_diary(parts);
    return finished(std::move(parts));
  }

  void send(Element element) { ASSERT_TRUE(channel.push(element)); }

  /// Steps until the task has nothing to do or tells something.
  static Step settle(Task& task) {
    for (int steps = 0; steps < 1000; ++steps) {
      if (const Step step = task.step(); step != Step::kMore) return step;
    }
    ADD_FAILURE() << "the task never comes to rest";
    return Step::kMore;
  }

  Strings take() { return std::exchange(entries, {}); }

  sim::World world{1};
  ReadySet ready{2};
  Channel channel{8, 1, {&ready, 0}, {&ready, 1}};
  Strings entries;
  std::vector<TaskSnapshot> snapshots;
  std::shared_ptr<const checkpoint::Manifest> saved;  ///< what the next task goes on from
  Diary* diary = nullptr;
  int woken = 0;

 private:
  std::vector<std::unique_ptr<OperatorMetrics>> metrics_;
  TaskMetrics task_metrics_{world, 0};
  std::shared_ptr<const std::function<void()>> wake_ =
      std::make_shared<const std::function<void()>>([this] { ++woken; });
};

TEST_F(TaskTest, TellsItsEndOnceWhenAllInputIsHandled) {
  const auto task = behind_channel();
  EXPECT_EQ(settle(*task), Step::kIdle);
  send(batch_of(1));
  send(Element::of(Watermark::end()));
  send(Element::sign(Element::Kind::kEnd));
  take();
  EXPECT_EQ(settle(*task), Step::kEnded);
  EXPECT_EQ(take(), (Strings{"1", "last watermark", "end"}));
  EXPECT_EQ(settle(*task), Step::kIdle);
}

TEST_F(TaskTest, GivesBatchesBackToWhereTheyCameFrom) {
  const auto task = behind_channel();
  Element element = batch_of(1);
  const BatchBase* batch = element.batch.get();
  send(std::move(element));
  settle(*task);
  EXPECT_EQ(channel.take_returned(0).get(), batch);
}

TEST_F(TaskTest, RunsAnIdlePassEachTimeItRunsOutOfInput) {
  const auto task = behind_channel();
  settle(*task);
  EXPECT_EQ(take(), Strings{"idle"});
  settle(*task);
  EXPECT_EQ(take(), Strings{});
  send(batch_of(1));
  send(batch_of(2));
  settle(*task);
  EXPECT_EQ(take(), (Strings{"1", "2", "idle"}));
}

TEST_F(TaskTest, TakesOneElementAStep) {
  const auto task = behind_channel();
  send(batch_of(1));
  send(batch_of(2));
  EXPECT_EQ(task->step(), Step::kMore);
  EXPECT_EQ(take(), Strings{"1"});
}

TEST_F(TaskTest, IsWokenAtTheDeadlineOfAnOperator) {
  const auto task = behind_channel();
  diary->deadline.monotonic = world.now() + 5s;
  EXPECT_EQ(settle(*task), Step::kIdle);
  world.run_for(4s);
  EXPECT_EQ(woken, 0);
  world.run_for(2s);
  EXPECT_EQ(woken, 1);
  take();
  settle(*task);
  EXPECT_EQ(take(), Strings{"time"});
}

TEST_F(TaskTest, NoticesThatTheWallClockJumps) {
  const auto task = behind_channel();
  diary->deadline.wall = world.wall_now() + Duration{3'600'000};
  settle(*task);
  world.jump_wall(Duration{3'600'000});
  for (int i = 0; i < 10 && woken == 0; ++i) world.run_for(50ms);
  EXPECT_EQ(woken, 1);
  take();
  settle(*task);
  EXPECT_EQ(take(), Strings{"time"});
}

TEST_F(TaskTest, OfAnUnboundedSourceReadsSplitsAsTheyCome) {
  const auto task = with_source(false);
  settle(*task);
  take();
  task->assign({"7", ""});
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(settle(*task), Step::kIdle);
  EXPECT_EQ(take(), (Strings{"split 0", "7", "idle"}));
  task->assign({"8", ""});
  settle(*task);
  EXPECT_EQ(take(), (Strings{"split 1", "8", "idle"}));
}

TEST_F(TaskTest, OfABoundedSourceReadsWhenAllItsSplitsAreThere) {
  const auto task = with_source(true);
  task->assign({"7", ""});
  settle(*task);
  EXPECT_EQ(take(), (Strings{"split 0", "idle"}));
  task->assign({"8", ""});
  task->no_more_splits();
  settle(*task);
  EXPECT_EQ(take(), (Strings{"split 1", "7", "8", "last watermark", "end"}));
}

TEST_F(TaskTest, OfASourceEndsWithTheLastWatermark) {
  const auto task = with_source(true);
  task->assign({"7", ""});
  task->no_more_splits();
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(settle(*task), Step::kEnded);
  EXPECT_EQ(take(), (Strings{"split 0", "7", "last watermark", "end"}));
}

TEST_F(TaskTest, OfAnUnboundedSourceIsIdleWhileItHasNoSplit) {
  const auto task = with_source(false);
  settle(*task);
  EXPECT_EQ(take(), (Strings{"input idle", "idle"}));
  task->assign({"7", ""});
  settle(*task);
  EXPECT_EQ(take(), (Strings{"split 0", "7", "idle"}));
}

TEST_F(TaskTest, OfASourceLetsABarrierFollowWhatItReadAndNotesWhereItWas) {
  const auto task = with_source(false, true);
  task->assign({"7", ""});
  settle(*task);
  take();
  task->assign({"8", ""});
  task->trigger(CheckpointId(3), EndOfInput::kNo);
  settle(*task);
  EXPECT_EQ(take(), (Strings{"split 1", "barrier 3", "acknowledged 3", "8", "idle"}));
  ASSERT_EQ(snapshots.size(), 1U);
  const OperatorSnapshot& source = snapshots[0].operators.at(0);
  EXPECT_EQ(source.name, "source");
  ASSERT_EQ(source.splits.size(), 2U);
  EXPECT_EQ(source.splits[0].split, (Split{"7", "read"}));
  EXPECT_EQ(source.splits[1].split, (Split{"8", ""}));
  EXPECT_FALSE(source.all_splits);
}

TEST_F(TaskTest, OfAnExhaustedSourceStillAnswersBarriersAndSendsTheEndWhenItIsTold) {
  const auto task = with_source(true, true);
  task->no_more_splits();
  settle(*task);
  EXPECT_EQ(take(), (Strings{"exhausted", "last watermark", "idle"}));
  task->trigger(CheckpointId(1), EndOfInput::kNo);
  settle(*task);
  EXPECT_EQ(take(), (Strings{"barrier 1", "acknowledged 1", "idle"}));
  for (std::uint64_t final : {2, 3}) {
    task->trigger(CheckpointId(final), EndOfInput::kYes);
    EXPECT_EQ(settle(*task), Step::kIdle);
  }
  EXPECT_EQ(take(), (Strings{"end", "barrier 2", "acknowledged 2", "idle", "barrier 3", "acknowledged 3", "idle"}));
  EXPECT_TRUE(snapshots[0].operators.at(0).all_splits);
}

TEST_F(TaskTest, TellsNoWatermarkAgainThatItToldBeforeItsCheckpoint) {
  const auto first = behind_channel();
  send(Element::of(Watermark(timestamp_ms(10))));
  send(Element::of(CheckpointId(1)));
  settle(*first);
  ASSERT_EQ(snapshots.size(), 1U);
  auto manifest = std::make_shared<checkpoint::Manifest>();
  manifest->operators.push_back(snapshots[0].operators.at(0));
  saved = manifest;
  const auto second = behind_channel();
  settle(*second);
  take();
  send(Element::of(Watermark(timestamp_ms(10))));
  settle(*second);
  EXPECT_EQ(take(), Strings{});
  send(Element::of(Watermark(timestamp_ms(11))));
  settle(*second);
  EXPECT_EQ(take(), (Strings{"watermark", "idle"}));
}

TEST_F(TaskTest, NamesTheOperatorAtWork) {
  const auto task = behind_channel();
  send(batch_of(1));
  settle(*task);
  EXPECT_EQ(task->where(), "task (1/2), at 'diary'");
}

class WorkerTest : public TaskTest {
 protected:
  WorkerTest() {
    TaskListener listener;
    listener.on_ended = [this](Task&) { ++ended; };
    listener.on_failed = [this](Task&, std::exception_ptr error) { failures.push_back(std::move(error)); };
    worker.emplace(1, std::move(listener));
    worker->add_task(behind_channel());
  }

  void settle() {
    worker->signal(0).raise();
    for (int steps = 0; steps < 1000; ++steps) {
      if (worker->step() == StepResult::kIdle) return;
    }
    FAIL() << "the worker never comes to rest";
  }

  std::optional<Worker> worker;
  int ended = 0;
  std::vector<std::exception_ptr> failures;
};

TEST_F(WorkerTest, StepsATaskOnlyWhenItIsSignalled) {
  send(batch_of(1));
  EXPECT_EQ(worker->step(), StepResult::kIdle);
  EXPECT_EQ(take(), Strings{});
  settle();
  EXPECT_EQ(take(), (Strings{"1", "idle"}));
}

TEST_F(WorkerTest, TellsOfTheEndOnce) {
  send(Element::sign(Element::Kind::kEnd));
  settle();
  EXPECT_EQ(ended, 1);
  settle();
  EXPECT_EQ(ended, 1);
}

TEST_F(WorkerTest, TellsOfAFailureOnceAndLeavesTheTaskAlone) {
  diary->on_record = [] { throw std::runtime_error("no"); };
  send(batch_of(1));
  settle();
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_THROW(std::rethrow_exception(failures[0]), std::runtime_error);
  settle();
  EXPECT_EQ(failures.size(), 1U);
  EXPECT_EQ(take(), Strings{});
}

TEST_F(WorkerTest, StepsNoTaskAnyMoreOnceOneHasFailed) {
  Worker two(2, {[](Task&) {}, [this](Task&, std::exception_ptr error) { failures.push_back(std::move(error)); }});
  two.add_task(behind_channel());
  diary->on_record = [] { throw std::bad_alloc(); };
  two.add_task(with_source(true));
  send(batch_of(1));
  for (std::size_t task : {0U, 1U}) two.signal(task).raise();
  for (int steps = 0; steps < 10; ++steps) two.step();
  EXPECT_EQ(failures.size(), 1U);
  EXPECT_EQ(take(), Strings{}) << "the second one was stepped";
}

TEST_F(WorkerTest, TellsOfAFailureWhenThereIsMemoryForIt) {
  int refused = 3;
  Worker starved(1, {[](Task&) {},
                     [&](Task&, std::exception_ptr error) {
                       if (refused-- > 0) throw std::bad_alloc();
                       failures.push_back(std::move(error));
                     }});
  starved.add_task(behind_channel());
  diary->on_record = [] { throw std::bad_alloc(); };
  send(batch_of(1));
  starved.signal(0).raise();
  while (refused > 0) EXPECT_THROW(starved.step(), std::bad_alloc);
  while (starved.step() == StepResult::kMore) {
  }
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_THROW(std::rethrow_exception(failures[0]), std::bad_alloc);
}

TEST_F(WorkerTest, CallsWhatIsNoExceptionAMistakeOfTheUser) {
  diary->on_record = [] { throw 7; };
  send(batch_of(1));
  settle();
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_THROW(std::rethrow_exception(failures[0]), UserError);
}

TEST_F(WorkerTest, LetsAKillPass) {
  diary->on_record = [] { throw Kill{}; };
  send(batch_of(1));
  worker->signal(0).raise();
  EXPECT_THROW(while (worker->step() == StepResult::kMore){}, Kill);
  EXPECT_TRUE(failures.empty());
}

}  // namespace
}  // namespace weir::runtime
