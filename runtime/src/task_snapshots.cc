#include "weir/runtime/task_snapshots.h"

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/core/failure.h"
#include "weir/core/restores_from_all.h"
#include "weir/state/lost_local_state.h"

namespace weir::runtime {

namespace {

/// Beside the values of a task's first operator.
constexpr std::string_view kFloor = "gate: watermark";

}  // namespace

TaskSnapshots::TaskSnapshots(Host& host, std::vector<StageState> stages, Events events)
    : host_(host), stages_(std::move(stages)), events_(std::move(events)) {
  for (const StageState& stage : stages_) operators_ += stage.op != nullptr ? 1 : 0;
}

// ---- Going on from a checkpoint ---------------------------------------------------------------------------------

void TaskSnapshots::expect() {
  for (StageState& stage : stages_) {
    if (stage.keyed == nullptr) continue;
    std::vector<StateHandle> handles = stage.saved.handles();
    if (!handles.empty()) stage.keyed->expect(std::move(handles), StateFiles::fetch_files(stage.files));
  }
}

void TaskSnapshots::start_restore() {
  for (StageState& stage : stages_)
    if (stage.keyed != nullptr) stage.keyed->start_restore();
}

bool TaskSnapshots::restored() {
  if (restored_) return true;
  bool all = true;
  for (StageState& stage : stages_) all = (stage.keyed == nullptr || stage.keyed->restored()) && all;
  if (!all) return false;
  bool any = false;
  for (StageState& stage : stages_) {
    if (stage.op == nullptr || !stage.saved.found()) continue;
    restore(stage);
    any = true;
  }
  restored_ = true;
  if (any) host_.crash_point("restore: floors set");
  return true;
}

void TaskSnapshots::restore(StageState& stage) {
  const auto* sharing = dynamic_cast<const RestoresFromAll*>(stage.op);
  const bool from_all = stage.saved.rescaled() || (sharing != nullptr && sharing->restores_from_all());
  if (!from_all) return stage.op->restore(stage.saved.own().values);
  std::vector<SavedValues> before;
  bool any = false;
  for (const OperatorSnapshot* snapshot : stage.saved.before()) {
    SavedValues& values = before.emplace_back();
    // The gate's is none of the operator's business.
    for (const SavedValue& value : snapshot->values.all())
      if (value.name != kFloor) values.add(value);
    any = any || !values.empty();
  }
  if (!any || stage.op->restore_rescaled(before)) return;
  throw UserError(fmt::format(
      "operator '{}' keeps values for each of its subtasks, and has no rule for what becomes of them at parallelism {} "
      "instead of {}: run it at {} as before, or give it restore_rescaled()",
      stage.name, stage.parallelism, before.size(), before.size()));
}

void TaskSnapshots::restore_split(SplitIndex index, const SavedSplit& split) {
  for (const auto& saved : split.operators) {
    const auto stage = std::find_if(stages_.begin(), stages_.end(), [&saved](const StageState& candidate) {
      return candidate.op != nullptr && candidate.name == saved.first;
    });
    if (stage != stages_.end()) stage->op->restore_split(index, saved.second);
  }
}

// ---- Taking snapshots -------------------------------------------------------------------------------------------

void TaskSnapshots::begin(CheckpointId checkpoint, const Gate& gate) {
  if (!begin(checkpoint)) return;
  pending_->snapshot.alignment_ns = static_cast<std::uint64_t>(gate.alignment().duration.count());
  pending_->snapshot.aligned_batches = gate.alignment().batches;
  // The last watermark is told again: it is how an attempt learns that all input is there.
  if (gate.told() != Watermark::end())
    pending_->snapshot.operators.front().values.put(std::string(kFloor), gate.told().time());
}

Watermark TaskSnapshots::floor() const {
  const SavedOperator& first = stages_.front().saved;
  if (!first.found()) return Watermark::none();
  const auto floor_of = [](const OperatorSnapshot& snapshot) {
    return Watermark(snapshot.values.get<Timestamp>(kFloor).value_or(Timestamp::min()));
  };
  if (!first.rescaled()) return floor_of(first.own());
  Watermark least = Watermark::end();
  for (const OperatorSnapshot* snapshot : first.before()) least = std::min(least, floor_of(*snapshot));
  return least;
}

void TaskSnapshots::begin_at_source(CheckpointId checkpoint, std::vector<Split> splits, bool all_splits) {
  if (!begin(checkpoint)) return;
  OperatorSnapshot& source = pending_->snapshot.operators.front();
  for (Split& split : splits) source.splits.push_back({std::move(split), {}});
  source.all_splits = all_splits;
}

bool TaskSnapshots::ready_for_barrier() {
  bool ready = true;
  for (StageState& stage : stages_)
    if (stage.keyed != nullptr) ready = !stage.keyed->evicting(state::KeyedState::NextEviction::kWaits) && ready;
  return ready;
}

std::string TaskSnapshots::obstacle() {
  if (pending_) return "its snapshot for an earlier checkpoint is not finished";
  for (StageState& stage : stages_) {
    if (stage.keyed == nullptr || stage.keyed->can_freeze()) continue;
    const std::string why = stage.unwritten_because.empty() ? "" : ": " + stage.unwritten_because;
    return "what changed in '" + stage.name + "' before is not written down yet" + why;
  }
  return "";
}

bool TaskSnapshots::begin(CheckpointId checkpoint) {
  if (std::string why = obstacle(); !why.empty()) {
    decline(checkpoint, std::move(why));
    for (StageState& stage : stages_)
      if (stage.keyed != nullptr) stage.keyed->evicting(state::KeyedState::NextEviction::kMayBegin);
    return false;
  }
  pending_.emplace(Pending{checkpoint, operators_, {}, std::vector<bool>(stages_.size(), false)});
  for (const StageState& stage : stages_) {
    OperatorSnapshot snapshot;
    snapshot.name = stage.name;
    snapshot.subtask = stage.subtask;
    snapshot.parallelism = stage.parallelism;
    pending_->snapshot.operators.push_back(std::move(snapshot));
  }
  return true;
}

void TaskSnapshots::stage_passed(std::size_t index, CheckpointId checkpoint) {
  if (!pending_ || pending_->checkpoint != checkpoint) return;
  StageState& stage = stages_[index];
  WEIR_CHECK(stage.op != nullptr && pending_->stages_left > 0, stage.name);
  OperatorSnapshot& snapshot = pending_->snapshot.operators[index];
  stage.op->save(snapshot.values);
  std::vector<SavedSplit>& splits = pending_->snapshot.operators.front().splits;
  for (std::size_t split = 0; split < splits.size(); ++split) {
    SavedValues values;
    stage.op->save_split(SplitIndex(static_cast<std::uint32_t>(split)), values);
    if (!values.empty()) splits[split].operators.emplace_back(stage.name, std::move(values));
  }
  if (stage.keyed != nullptr) stage.keyed->freeze(checkpoint);
  if (stage.sink != nullptr) stage.sink->writer().stage(checkpoint);
  --pending_->stages_left;
}

bool TaskSnapshots::finish(std::size_t index) {
  StageState& stage = stages_[index];
  OperatorSnapshot& snapshot = pending_->snapshot.operators[index];
  if (stage.keyed != nullptr && stage.files != nullptr && !snapshot.keyed) {
    if (std::optional<StateHandle> handle = stage.keyed->take_frozen()) {
      snapshot.keyed = std::move(handle);
    } else {
      return false;
    }
  }
  if (stage.sink == nullptr) return true;
  std::optional<StagedOutputs> staged = stage.sink->writer().staged();
  if (!staged) return false;
  snapshot.staged = std::move(*staged);
  return true;
}

bool TaskSnapshots::note_failure(StageState& stage) {
  const std::exception_ptr failure = stage.keyed->take_failure();
  // Another checkpoint cannot be taken either: the attempt is over.
  if (holds<state::LostLocalState>(failure)) std::rethrow_exception(failure);
  if (failure) stage.unwritten_because = message_of(failure);
  return failure != nullptr;
}

bool TaskSnapshots::work() {
  bool more = false;
  for (StageState& stage : stages_) {
    if (stage.keyed == nullptr) continue;
    more = stage.keyed->work() || more;
    // Of a drain whose checkpoint is over, tried again: told with the next one that has to wait for it.
    if (!pending_) note_failure(stage);
  }
  if (!pending_ || pending_->stages_left > 0) return more;
  bool all = true;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    StageState& stage = stages_[i];
    if (stage.keyed != nullptr) {
      if (note_failure(stage)) {
        const CheckpointId checkpoint = pending_->checkpoint;
        pending_.reset();
        decline(checkpoint, "the state of '" + stage.name + "' cannot be stored: " + stage.unwritten_because);
        return more;
      }
    }
    if (!pending_->done[i]) pending_->done[i] = finish(i);
    all = pending_->done[i] && all;
  }
  if (!all) return more;
  Pending ended = std::move(*pending_);
  pending_.reset();
  events_.acknowledge(ended.checkpoint, std::move(ended.snapshot));
  host_.crash_point("checkpoint: ack sent");
  return more;
}

bool TaskSnapshots::full() const {
  return std::any_of(stages_.begin(), stages_.end(),
                     [](const StageState& stage) { return stage.keyed != nullptr && stage.keyed->full(); });
}

void TaskSnapshots::tell_memory(TaskMemory& memory) const {
  memory.publish([this](std::vector<OperatorMemory>& operators) {
    std::size_t keyed = 0;
    for (const StageState& stage : stages_) {
      if (stage.keyed == nullptr) continue;
      if (operators.size() == keyed) operators.emplace_back();
      OperatorMemory& of = operators[keyed++];
      of.name = stage.name;
      const state::KeyedState::MemoryUse use = stage.keyed->memory_use();
      of.share = use.share;
      of.bytes = use.bytes;
      of.evictions = use.evictions;
      of.rows_ahead = use.rows_ahead;
      of.rows_at_once = use.rows_at_once;
      of.states.resize(use.states.size());
      for (std::size_t i = 0; i < use.states.size(); ++i)
        of.states[i] = {use.states[i].name, use.states[i].bytes, use.states[i].entries, use.states[i].entries_cold};
    }
  });
}

void TaskSnapshots::decline(CheckpointId checkpoint, std::string why) { events_.decline(checkpoint, std::move(why)); }

void TaskSnapshots::completed(CheckpointId checkpoint) {
  for (StageState& stage : stages_)
    if (stage.sink != nullptr) stage.sink->writer().completed(checkpoint);
}

// ---- The end without checkpoints --------------------------------------------------------------------------------

void TaskSnapshots::stage_all() {
  for (StageState& stage : stages_)
    if (stage.sink != nullptr) stage.sink->writer().stage(CheckpointId(0));
}

std::optional<std::vector<SinkDelivery>> TaskSnapshots::all_staged() {
  std::vector<SinkDelivery> all;
  for (StageState& stage : stages_) {
    if (stage.sink == nullptr) continue;
    std::optional<StagedOutputs> staged = stage.sink->writer().staged();
    if (!staged) return std::nullopt;
    all.push_back({stage.node, std::move(*staged)});
  }
  return all;
}

}  // namespace weir::runtime
