#include "weir/runtime/task_snapshots.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/checkpoint/layout.h"
#include "weir/core/error.h"
#include "weir/core/hash.h"
#include "weir/sim/world.h"
#include "weir/state/cold_store.h"
#include "weir/state/lost_local_state.h"
#include "weir/state/value_state.h"

namespace weir::runtime {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Keeps a number for each key, one for itself and one for each split.
class Keeper : public Operator {
 public:
  void open(const OperatorContext& context) override { numbers.open(*context.state, "numbers"); }
  Progress process(InputIndex, BatchPtr& batch, std::size_t, Outputs&) override { return {batch->size(), Stop::kDone}; }
  void save(SavedValues& values) const override { values.put("own", own); }
  void restore(const SavedValues& values) override { own = values.get<int>("own").value_or(0); }
  void save_split(SplitIndex split, SavedValues& values) const override {
    if (split.value() < of_split.size()) values.put("split", of_split[split.value()]);
  }
  void restore_split(SplitIndex split, const SavedValues& values) override {
    of_split.resize(split.value() + 1);
    of_split[split.value()] = values.get<int>("split").value();
  }

  void set(int k, int number) {
    key.set(hash_key(k), k);
    numbers.update() = number;
  }
  int get(int k) {
    key.set(hash_key(k), k);
    return numbers.update();
  }

  int own = 0;
  std::vector<int> of_split;

 private:
  state::CurrentKey<int> key;
  state::ValueState<int, int> numbers{key};
};

/// Has another state than the keeper.
class Changed final : public Operator {
 public:
  void open(const OperatorContext& context) override { others_.open(*context.state, "others"); }
  Progress process(InputIndex, BatchPtr& batch, std::size_t, Outputs&) override { return {batch->size(), Stop::kDone}; }

 private:
  state::CurrentKey<int> key_;
  state::ValueState<int, int> others_{key_};
};

/// Stages as the test says.
struct Writer final : SinkWriter {
  void open(const OperatorContext&) override {}
  Progress write(BatchBase& batch, std::size_t) override { return {batch.size(), Stop::kDone}; }
  void stage(CheckpointId checkpoint) override {
    outputs.push_back({checkpoint, SubtaskIndex(0), "part " + std::to_string(checkpoint.value())});
  }
  std::optional<StagedOutputs> staged() override {
    if (broken) throw ExternalError("the part cannot be synced", Retry::kNo);
    return sealed ? std::optional(outputs) : std::nullopt;
  }
  void completed(CheckpointId checkpoint) override {
    std::erase_if(outputs, [&](const StagedOutput& output) { return output.checkpoint <= checkpoint; });
  }

  StagedOutputs outputs;
  bool sealed = true;
  bool broken = false;
};

class TaskSnapshotsTest : public testing::Test {
 protected:
  TaskSnapshotsTest() {
    for (const char* directory : {"/local/cold", "/root/job/shared"}) world.disk().make_directories(directory);
    cold = state::make_map_stores(world, "/local/cold");
  }

  /// Adds a stage with an operator that has keyed state.
  template <class Op>
  Op& add_keyed(const std::string& name) {
    StageState stage = stage_of(name);
    state::KeyedState::Options options;
    options.operator_name = name;
    options.range = {0, 16};
    options.key_groups = 16;
    options.host = &world;
    const std::string unique = name + std::to_string(++made);
    options.cold = cold->make(unique);
    options.export_directory = "/local/export-" + unique;
    stage.files = std::make_shared<StateFiles>(
        store, checkpoint::StateWriter{GenerationId(1), AttemptId(made), CheckpointId(0), stage.node, SubtaskIndex(0)},
        "/local");
    options.store_files = StateFiles::store_files(stage.files);
    stage.keyed = std::make_unique<state::KeyedState>(std::move(options));
    auto op = std::make_unique<Op>();
    Op& added = *op;
    stage.op = op.get();
    contexts.push_back(std::make_unique<OperatorContext>());
    contexts.back()->state = stage.keyed.get();
    contexts.back()->host = &world;
    operators.push_back(std::move(op));
    files.push_back(stage.files);
    stages.push_back(std::move(stage));
    return added;
  }

  Writer& add_sink() {
    StageState stage = stage_of("sink");
    auto writer = std::make_unique<Writer>();
    Writer& added = *writer;
    auto op = std::make_unique<SinkOperator>(std::move(writer));
    stage.op = stage.sink = op.get();
    operators.push_back(std::move(op));
    stages.push_back(std::move(stage));
    return added;
  }

  void add_source() { stages.push_back(stage_of("source")); }

  /// Of the stages that were added.
  TaskSnapshots& make() {
    std::vector<state::KeyedState*> keyed;
    TaskSnapshots::Events events;
    events.acknowledge = [this](CheckpointId checkpoint, TaskSnapshot snapshot) {
      acknowledged.push_back(checkpoint.value());
      snapshots.push_back(std::move(snapshot));
    };
    events.decline = [this](CheckpointId checkpoint, std::string why) {
      declined.emplace_back(checkpoint.value(), std::move(why));
    };
    std::vector<StageState> taken = std::exchange(stages, {});
    std::vector<Operator*> to_open;
    for (const StageState& stage : taken) to_open.push_back(stage.keyed ? stage.op : nullptr);
    task = std::make_unique<TaskSnapshots>(world, std::move(taken), std::move(events));
    task->expect();
    std::size_t next = contexts.size() - static_cast<std::size_t>(std::count_if(to_open.begin(), to_open.end(),
                                                                                [](Operator* op) { return op; }));
    for (Operator* op : to_open)
      if (op != nullptr) op->open(*contexts[next++]);
    return *task;
  }

  /// The barrier passes all stages from `first` on.
  void pass(std::uint64_t checkpoint, std::size_t first, std::size_t stages_there) {
    for (std::size_t stage = first; stage < stages_there; ++stage) task->stage_passed(stage, CheckpointId(checkpoint));
  }

  void work_until(const std::function<bool()>& done) {
    while (!done()) {
      if (task->work() || done()) continue;
      ASSERT_TRUE(world.run_one()) << "nothing is left to do";
    }
  }
  void work_until_acknowledged(std::size_t count = 1) {
    work_until([&] { return acknowledged.size() == count; });
  }

  void restore() {
    task->start_restore();
    while (!task->restored()) world.run_one();
  }

  sim::World world{1};
  std::shared_ptr<const checkpoint::Store> store =
      std::make_shared<checkpoint::Store>(world, checkpoint::Layout(std::string("/root/job")));
  std::vector<std::uint64_t> acknowledged;
  std::vector<TaskSnapshot> snapshots;
  std::vector<std::pair<std::uint64_t, std::string>> declined;
  std::vector<std::shared_ptr<StateFiles>> files;
  std::vector<OperatorSnapshot> saved;  ///< what stages that are added begin with, by name
  std::unique_ptr<TaskSnapshots> task;

 private:
  StageState stage_of(const std::string& name) {
    StageState stage;
    stage.node = NodeId(static_cast<std::uint32_t>(stages.size()));
    stage.name = name;
    auto manifest = std::make_shared<checkpoint::Manifest>();
    manifest->operators = saved;
    stage.saved = SavedOperator(manifest, name, stage.subtask, stage.parallelism);
    return stage;
  }

  std::unique_ptr<state::ColdStores> cold;
  std::uint32_t made = 0;
  std::vector<std::unique_ptr<Operator>> operators;
  std::vector<std::unique_ptr<OperatorContext>> contexts;
  std::vector<StageState> stages;
};

TEST_F(TaskSnapshotsTest, NoteWhatEachStageHoldsWhereTheBarrierPassesIt) {
  add_source();
  auto& keeper = add_keyed<Keeper>("keeper");
  add_sink();
  make();
  keeper.set(7, 70);
  keeper.own = 1;
  keeper.of_split = {11, 12};
  task->begin_at_source(CheckpointId(4), {{"a", "3"}, {"b", "5"}}, true);
  task->stage_passed(1, CheckpointId(4));
  keeper.set(8, 80);
  keeper.own = 2;
  while (task->work() || world.run_one()) {
  }
  EXPECT_THAT(acknowledged, IsEmpty()) << "the barrier has not passed the sink";
  task->stage_passed(2, CheckpointId(4));
  work_until_acknowledged();
  EXPECT_THAT(acknowledged, ElementsAre(4));
  const auto& noted = snapshots[0].operators;
  ASSERT_EQ(noted.size(), 3U);
  EXPECT_EQ(noted[0].name, "source");
  EXPECT_TRUE(noted[0].all_splits);
  ASSERT_EQ(noted[0].splits.size(), 2U);
  EXPECT_EQ(noted[0].splits[1].split, (Split{"b", "5"}));
  ASSERT_EQ(noted[0].splits[1].operators.size(), 1U) << "only the keeper keeps something for a split";
  EXPECT_EQ(noted[0].splits[1].operators[0].first, "keeper");
  EXPECT_EQ(noted[0].splits[1].operators[0].second.get<int>("split"), 12);
  EXPECT_EQ(noted[1].values.get<int>("own"), 1);
  ASSERT_TRUE(noted[1].keyed);
  EXPECT_EQ(noted[1].keyed->entries, 1U);
  EXPECT_EQ(noted[2].staged, (StagedOutputs{{CheckpointId(4), SubtaskIndex(0), "part 4"}}));
  EXPECT_THAT(declined, IsEmpty());
}

TEST_F(TaskSnapshotsTest, AcknowledgeWhenTheSinkHasStagedAndNotBefore) {
  Writer& writer = add_sink();
  make();
  task->begin(CheckpointId(1), Gate());
  pass(1, 0, 1);
  writer.sealed = false;
  EXPECT_FALSE(task->work());
  EXPECT_THAT(acknowledged, IsEmpty());
  writer.sealed = true;
  task->work();
  EXPECT_THAT(acknowledged, ElementsAre(1));
  task->work();
  EXPECT_THAT(acknowledged, ElementsAre(1)) << "once";
}

TEST_F(TaskSnapshotsTest, DeclineACheckpointThatComesBeforeTheOneBeforeItIsFinished) {
  auto& keeper = add_keyed<Keeper>("keeper");
  Writer& writer = add_sink();
  make();
  keeper.own = 1;
  writer.sealed = false;
  task->begin(CheckpointId(1), Gate());
  pass(1, 0, 2);
  task->begin(CheckpointId(2), Gate());
  keeper.own = 2;
  pass(2, 0, 2);
  ASSERT_EQ(declined.size(), 1U);
  EXPECT_EQ(declined[0].first, 2U);
  EXPECT_THAT(declined[0].second, HasSubstr("its snapshot for an earlier checkpoint is not finished"));
  EXPECT_EQ(writer.outputs.size(), 1U) << "nothing is staged for a checkpoint that was declined";
  writer.sealed = true;
  work_until_acknowledged();
  EXPECT_THAT(acknowledged, ElementsAre(1));
  EXPECT_EQ(snapshots[0].operators[0].values.get<int>("own"), 1);
  task->begin(CheckpointId(3), Gate());
  pass(3, 0, 2);
  work_until_acknowledged(2);
  EXPECT_THAT(acknowledged, ElementsAre(1, 3));
}

TEST_F(TaskSnapshotsTest, DeclineWhatCannotBeStoredAndSayWhyAndTakeAllOfItWithTheNext) {
  auto& keeper = add_keyed<Keeper>("keeper");
  make();
  keeper.set(1, 10);
  const auto broken = world.disk().inject({.path = "/root/job/shared/*", .operations = {sim::DiskOperation::kLink}});
  task->begin(CheckpointId(1), Gate());
  pass(1, 0, 1);
  work_until([&] { return !declined.empty(); });
  EXPECT_THAT(declined[0].second,
              AllOf(HasSubstr("the state of 'keeper' cannot be stored: "), HasSubstr("Input/output error")));
  EXPECT_THAT(acknowledged, IsEmpty());
  world.disk().heal(broken);
  keeper.set(2, 20);
  task->begin(CheckpointId(2), Gate());
  pass(2, 0, 1);
  work_until_acknowledged();
  EXPECT_THAT(acknowledged, ElementsAre(2));
  EXPECT_EQ(snapshots[0].operators[0].keyed->entries, 2U);
}

TEST_F(TaskSnapshotsTest, DeclineWhileChangesOfBeforeAreNotWrittenDownAndSayWhatKeepsThem) {
  auto& keeper = add_keyed<Keeper>("keeper");
  make();
  keeper.set(1, 10);
  const auto full = world.disk().inject({.kind = sim::DiskFault::Kind::kNoSpace, .path = "/local/cold/*"});
  task->begin(CheckpointId(1), Gate());
  pass(1, 0, 1);
  work_until([&] { return declined.size() == 1; });
  task->begin(CheckpointId(2), Gate());
  ASSERT_EQ(declined.size(), 2U);
  EXPECT_THAT(declined[1].second, AllOf(HasSubstr("what changed in 'keeper' before is not written down yet: "),
                                        HasSubstr("No space left on device")));
  world.disk().heal(full);
  // The first attempt to write them again may have begun on the full disk.
  std::uint64_t checkpoint = 3;
  for (std::size_t tries = 2; acknowledged.empty(); ++checkpoint) {
    while (task->work() || world.run_one()) {
    }
    task->begin(CheckpointId(checkpoint), Gate());
    if (declined.size() > tries) {
      tries = declined.size();
      ASSERT_LT(tries, 6U);
      continue;
    }
    pass(checkpoint, 0, 1);
    work_until_acknowledged();
  }
  EXPECT_EQ(snapshots[0].operators[0].keyed->entries, 1U);
}

TEST_F(TaskSnapshotsTest, DeclineWhileAnotherStageStillWritesForACheckpointThatIsOver) {
  auto& first = add_keyed<Keeper>("first");
  auto& second = add_keyed<Keeper>("second");
  make();
  first.set(1, 1);
  second.set(1, 1);
  world.disk().inject({.path = "/root/job/shared/*", .operations = {sim::DiskOperation::kLink}, .times = 1});
  // The second stage's files come late.
  world.disk().inject({.kind = sim::DiskFault::Kind::kSlow, .path = "/local/cold/second*", .latency = 1s});
  task->begin(CheckpointId(1), Gate());
  pass(1, 0, 2);
  work_until([&] { return !declined.empty(); });
  EXPECT_THAT(declined[0].second, HasSubstr("the state of 'first' cannot be stored"));
  task->begin(CheckpointId(2), Gate());
  ASSERT_EQ(declined.size(), 2U);
  EXPECT_EQ(declined[1].second, "what changed in 'second' before is not written down yet");
}

TEST_F(TaskSnapshotsTest, ThrowWhenTheDirectoryOfTheLocalStateHasGone) {
  auto& keeper = add_keyed<Keeper>("keeper");
  make();
  keeper.set(1, 10);
  task->begin(CheckpointId(1), Gate());
  pass(1, 0, 1);
  work_until_acknowledged();
  world.disk().inject({.path = "/local/*", .operations = {sim::DiskOperation::kCreate}});
  world.disk().erase("/local");
  keeper.set(1, 11);
  task->begin(CheckpointId(2), Gate());
  pass(2, 0, 1);
  EXPECT_THROW(work_until([&] { return !declined.empty(); }), state::LostLocalState);
}

TEST_F(TaskSnapshotsTest, ThrowWhatMakesASinkUseless) {
  Writer& writer = add_sink();
  make();
  task->begin(CheckpointId(1), Gate());
  pass(1, 0, 1);
  writer.broken = true;
  EXPECT_THROW(task->work(), ExternalError);
  EXPECT_THAT(acknowledged, IsEmpty());
}

TEST_F(TaskSnapshotsTest, TellSinksWhichCheckpointsAreCompleted) {
  Writer& writer = add_sink();
  make();
  for (const std::uint64_t checkpoint : {1, 2}) {
    task->begin(CheckpointId(checkpoint), Gate());
    pass(checkpoint, 0, 1);
    task->work();
  }
  EXPECT_EQ(snapshots[1].operators[0].staged.size(), 2U) << "the first is not known to be completed";
  task->completed(CheckpointId(1));
  EXPECT_EQ(writer.outputs, (StagedOutputs{{CheckpointId(2), SubtaskIndex(0), "part 2"}}));
}

TEST_F(TaskSnapshotsTest, TellHowTheBarrierCameTogether) {
  add_sink();
  make();
  ReadySet ready(2);
  Channel left(8, 1, {&ready, 0}, {&ready, 1});
  Channel right(8, 1, {&ready, 0}, {&ready, 1});
  Gate gate;
  gate.set_host(world);
  for (Channel* channel : {&left, &right}) gate.add(*channel, {InputIndex(0)});
  Gate::Arrival arrival;
  Element barrier = Element::of(CheckpointId(1));
  left.push(barrier);
  EXPECT_FALSE(gate.next(arrival));
  world.pass(5ms);
  barrier = Element::of(CheckpointId(1));
  right.push(barrier);
  ASSERT_TRUE(gate.next(arrival));
  task->begin(CheckpointId(1), gate);
  pass(1, 0, 1);
  task->work();
  EXPECT_GE(snapshots.at(0).alignment_ns, 5'000'000U);
}

TEST_F(TaskSnapshotsTest, KeepTheWatermarkThatHasPassedTheGateButForTheLast) {
  add_sink();
  make();
  EXPECT_EQ(task->floor(), Watermark::none());
  Gate gate;
  gate.set_floor(Watermark(timestamp_ms(17)));
  task->begin(CheckpointId(1), gate);
  pass(1, 0, 1);
  task->work();
  saved = snapshots[0].operators;
  add_sink();
  make();
  restore();
  EXPECT_EQ(task->floor(), Watermark(timestamp_ms(17)));
  // The last watermark is how an attempt learns that all input is there: it has to be told again.
  Gate ended;
  ended.set_floor(Watermark::end());
  task->begin(CheckpointId(2), ended);
  pass(2, 0, 1);
  task->work();
  saved = snapshots[1].operators;
  add_sink();
  make();
  restore();
  EXPECT_EQ(task->floor(), Watermark::none());
}

/// What a subtask of two wrote down.
OperatorSnapshot one_of_two(std::uint32_t subtask, std::int64_t floor) {
  OperatorSnapshot snapshot;
  snapshot.name = "sink";
  snapshot.subtask = SubtaskIndex(subtask);
  snapshot.parallelism = 2;
  snapshot.values.put("gate: watermark", timestamp_ms(floor));
  return snapshot;
}

TEST_F(TaskSnapshotsTest, AtAnotherParallelismHaveTheLeastFloor) {
  saved = {one_of_two(0, 20), one_of_two(1, 10)};
  add_sink();
  make();
  restore();
  EXPECT_EQ(task->floor(), Watermark(timestamp_ms(10)));
}

TEST_F(TaskSnapshotsTest, RefuseAnotherParallelismIfAnOperatorHasNoRuleForIt) {
  saved = {one_of_two(0, 20), one_of_two(1, 10)};
  saved[1].values.put("mine", 1);
  add_sink();
  make();
  try {
    restore();
    FAIL() << "was restored";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("operator 'sink'"), HasSubstr("parallelism 1 instead of 2"),
                                    HasSubstr("restore_rescaled()")));
  }
}

TEST_F(TaskSnapshotsTest, BringEverythingBack) {
  add_source();
  auto& before = add_keyed<Keeper>("keeper");
  make();
  before.set(7, 70);
  before.own = 3;
  before.of_split = {11};
  task->begin_at_source(CheckpointId(1), {{"a", "3"}}, false);
  pass(1, 1, 2);
  work_until_acknowledged();
  saved = snapshots[0].operators;
  EXPECT_FALSE(saved[0].all_splits);

  add_source();
  auto& after = add_keyed<Keeper>("keeper");
  make();
  task->start_restore();
  EXPECT_FALSE(task->restored());
  EXPECT_EQ(after.own, 0) << "values come after keyed state";
  while (!task->restored()) world.run_one();
  EXPECT_EQ(after.own, 3);
  EXPECT_EQ(after.get(7), 70);
  SavedSplit split = saved[0].splits[0];
  split.operators.emplace_back("an operator that is gone", SavedValues{});
  task->restore_split(SplitIndex(2), split);
  EXPECT_THAT(after.of_split, ElementsAre(0, 0, 11));
  after.own = 4;
  EXPECT_TRUE(task->restored());
  EXPECT_EQ(after.own, 4) << "brought back once";
}

TEST_F(TaskSnapshotsTest, RefuseStateThatTheOperatorDoesNotHaveAnyMore) {
  auto& before = add_keyed<Keeper>("keeper");
  make();
  before.set(7, 70);
  task->begin(CheckpointId(1), Gate());
  pass(1, 0, 1);
  work_until_acknowledged();
  saved = snapshots[0].operators;
  add_keyed<Changed>("keeper");
  make();
  try {
    task->start_restore();
    FAIL() << "was restored";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("operator 'keeper' has no state 'numbers' any more"));
  }
}

TEST_F(TaskSnapshotsTest, FailWhenAStateFileIsDamagedAndNameIt) {
  auto& before = add_keyed<Keeper>("keeper");
  make();
  before.set(7, 70);
  task->begin(CheckpointId(1), Gate());
  pass(1, 0, 1);
  work_until_acknowledged();
  saved = snapshots[0].operators;
  const std::string path = saved[0].keyed->files.at(0).path;
  world.disk().erase("/root/job/" + path);
  add_keyed<Keeper>("keeper");
  make();
  EXPECT_THROW(restore(), CorruptionError);
  ASSERT_TRUE(files.back()->damaged());
  EXPECT_EQ(files.back()->damaged()->first, path);
}

TEST_F(TaskSnapshotsTest, StageAtTheEndOfAJobWithoutCheckpointsBySink) {
  Writer& writer = add_sink();
  make();
  writer.sealed = false;
  task->stage_all();
  EXPECT_EQ(task->all_staged(), std::nullopt);
  writer.sealed = true;
  const auto all = task->all_staged();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ(all->at(0).sink, NodeId(0));
  EXPECT_EQ(all->at(0).outputs, (StagedOutputs{{CheckpointId(0), SubtaskIndex(0), "part 0"}}));
}

}  // namespace
}  // namespace weir::runtime
