#include "weir/runtime/task.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/core/check.h"

namespace weir::runtime {

namespace {

/// Moves within the chain before other tasks get their turn; about 100 us of work.
constexpr int kMovesPerSlice = 64;

/// What state takes is told every so many slices, some milliseconds.
constexpr std::uint32_t kSlicesPerReport = 64;

/// What a task does with its time behind a step.
TaskTimes::Use use_after(Task::Step step) {
  switch (step) {
    case Task::Step::kIdle:
    case Task::Step::kEnded:
      return TaskTimes::Use::kIdle;
    case Task::Step::kBlocked:
      return TaskTimes::Use::kBackPressured;
    case Task::Step::kMore:
    case Task::Step::kWaiting:
      break;
  }
  return TaskTimes::Use::kBusy;
}

/// How soon a jump of the wall clock is noticed.
constexpr std::chrono::milliseconds kClockCheck{100};

}  // namespace

Task::Task(Parts parts)
    : name_(std::move(parts.name)),
      host_(*parts.host),
      notifier_(parts.notifier),
      reader_(std::move(parts.reader)),
      bounded_(parts.bounded),
      checkpoints_(parts.checkpoints),
      gate_(std::move(parts.gate)),
      chain_(std::move(parts.stages)),
      contexts_(std::move(parts.contexts)),
      events_(std::move(parts.events)),
      snapshots_(host_, std::move(parts.states), {events_.acknowledge, events_.decline}),
      metrics_(*parts.metrics) {
  gate_.set_host(host_);
  chain_.on_barrier_passed(
      [this](std::size_t stage, CheckpointId checkpoint) { snapshots_.stage_passed(stage, checkpoint); });
}

void Task::open() {
  snapshots_.expect();
  for (std::size_t i = 0; i < contexts_.size(); ++i) {
    if (i == 0 && reader_ != nullptr) {
      reader_->open(contexts_[0]);
    } else {
      chain_.open(i, contexts_[i]);
    }
  }
  snapshots_.start_restore();
}

bool Task::ready_to_run() {
  if (phase_ == Phase::kNew) {
    enter(TaskState::kInitializing);
    open();
    phase_ = Phase::kRestoring;
  }
  if (phase_ == Phase::kRestoring && snapshots_.restored()) {
    if (reader_ == nullptr) gate_.set_floor(snapshots_.floor());
    phase_ = Phase::kRunning;
    enter(TaskState::kRunning);
  }
  return phase_ != Phase::kRestoring;
}

void Task::enter(TaskState state) {
  if (state == TaskState::kFinished || state == TaskState::kFailed)
    metrics_.ended_ms.store(to_ms(host_.wall_now()), std::memory_order_relaxed);
  metrics_.state.store(state, std::memory_order_release);
}

void Task::failed() { enter(TaskState::kFailed); }

Task::Step Task::step() {
  metrics_.times.change(TaskTimes::Use::kBusy);
  const Step step = slice();
  metrics_.times.change(use_after(step));
  return step;
}

Task::Step Task::slice() {
  if (!ready_to_run()) return Step::kWaiting;
  if (inbox_full_.load()) read_inbox();
  if (snapshots_.full()) {
    const bool more = snapshots_.work();
    return more || !snapshots_.full() ? Step::kMore : Step::kWaiting;
  }
  const Step step = run();
  publish_metrics();
  // Behind the run: a barrier that has just passed the last stage may be all that there is to do.
  const bool more = snapshots_.work();
  if (step == Step::kEnded) return step;
  return more || (step == Step::kIdle && barrier_can_go()) ? Step::kMore : step;
}

bool Task::barrier_can_go() { return (arrival_ || !triggers_.empty()) && snapshots_.ready_for_barrier(); }

Task::Step Task::run() {
  bool took_input = false;
  for (int moves = 0; moves < kMovesPerSlice; ++moves) {
    switch (chain_.advance()) {
      case Chain::State::kProgress:
        continue;
      case Chain::State::kBlocked:
        return Step::kBlocked;
      case Chain::State::kWaiting:
        return Step::kWaiting;
      case Chain::State::kQuiescent:
        break;
    }
    if (BatchPtr batch = chain_.take_fed_batch()) gate_.give_back(fed_channel_, fed_lane_, std::move(batch));
    if (!checkpoints_ && chain_.ended()) {
      return end_without_checkpoints().value_or(phase_ == Phase::kEnded ? Step::kIdle : Step::kWaiting);
    }
    const Deadline deadline = chain_.deadline();
    if ((deadline.monotonic != MonotonicTime::max() || deadline.wall != Timestamp::max()) &&
        chain_.start_due(host_.monotonic_now(), host_.wall_now()))
      continue;
    if (took_input) break;
    took_input = take_input();
    if (took_input) {
      idle_pass_done_ = false;
      continue;
    }
    if (!idle_pass_done_) {
      idle_pass_done_ = true;
      chain_.start_idle();
      continue;
    }
    const bool flushed = chain_.flush_edges();
    arm_timer();
    return flushed ? Step::kIdle : Step::kBlocked;
  }
  return Step::kMore;
}

/// Not often: state in many slices is looked at as a whole.
void Task::report_memory() {
  constexpr std::chrono::milliseconds kReportEvery(500);
  const MonotonicTime now = host_.monotonic_now();
  if (now < next_memory_report_) return;
  next_memory_report_ = now + kReportEvery;
  snapshots_.tell_memory(metrics_.memory);
}

void Task::publish_metrics() {
  chain_.publish_metrics();
  metrics_.bytes_in.store(gate_.bytes_received(), std::memory_order_relaxed);
  metrics_.bytes_out.store(chain_.bytes_sent(), std::memory_order_relaxed);
  if (slices_++ % kSlicesPerReport == 0) report_memory();
}

std::optional<Task::Step> Task::end_without_checkpoints() {
  if (phase_ == Phase::kEnded) return std::nullopt;
  if (phase_ == Phase::kRunning) {
    phase_ = Phase::kStaging;
    snapshots_.stage_all();
  }
  auto staged = snapshots_.all_staged();
  if (!staged) return std::nullopt;
  staged_ = std::move(*staged);
  phase_ = Phase::kEnded;
  enter(TaskState::kFinished);
  return Step::kEnded;
}

bool Task::take_input() {
  if (reader_ != nullptr) {
    // The operators know the splits by now.
    for (const auto& [index, split] : splits_to_restore_) snapshots_.restore_split(index, split);
    splits_to_restore_.clear();
    return emit_barrier() || take_split_input();
  }
  if (!next_arrival()) return false;
  Gate::Arrival arrival = *std::exchange(arrival_, std::nullopt);
  fed_channel_ = arrival.channel;
  fed_lane_ = arrival.lane;
  if (arrival.element.kind == Element::Kind::kBarrier) {
    metrics_.alignment_ns.store(static_cast<std::uint64_t>(gate_.alignment().duration.count()),
                                std::memory_order_relaxed);
    snapshots_.begin(arrival.element.checkpoint, gate_);
  }
  chain_.feed(std::move(arrival.element), arrival.input);
  return true;
}

bool Task::next_arrival() {
  if (!arrival_) {
    arrival_.emplace();
    if (!gate_.next(*arrival_)) {
      arrival_.reset();
      return false;
    }
  }
  return arrival_->element.kind != Element::Kind::kBarrier || snapshots_.ready_for_barrier();
}

bool Task::emit_barrier() {
  if (triggers_.empty() || !snapshots_.ready_for_barrier()) return false;
  const Triggered triggered = triggers_.front();
  triggers_.pop_front();
  Outputs& out = chain_.source_outputs();
  if (triggered.end == EndOfInput::kYes && !std::exchange(end_sent_, true)) out.end();
  snapshots_.begin_at_source(triggered.checkpoint, reader_->splits(), has_all_splits_);
  host_.crash_point("checkpoint: offsets noted");
  out.barrier(triggered.checkpoint);
  host_.crash_point("checkpoint: barrier emitted");
  stopped_ = stopped_ || triggered.after == checkpoint::AfterBarrier::kStop;
  return true;
}

void Task::exhausted() {
  reader_exhausted_ = true;
  Outputs& out = chain_.source_outputs();
  if (told_idle_) out.active();
  out.watermark(Watermark::end());
  host_.crash_point("end: last watermark emitted");
  if (checkpoints_) return events_.exhausted();
  out.end();
}

bool Task::take_split_input() {
  if (reader_exhausted_ || stopped_) return false;
  // A split that came after the watermark of another would be late as a whole.
  if (bounded_ && !has_all_splits_) return false;
  Outputs& out = chain_.source_outputs();
  const Poll poll = reader_->poll(out);
  if (poll == Poll::kExhausted) {
    exhausted();
    return true;
  }
  if (splits_ == 0 && !bounded_ && !told_idle_) {
    told_idle_ = true;
    out.idle();
  }
  out.flush();
  return poll == Poll::kMore || out.full();
}

template <class Change>
void Task::leave(Change&& change) {
  {
    const std::lock_guard lock(inbox_mutex_);
    change(inbox_);
  }
  inbox_full_.store(true);
  notifier_.notify();
}

void Task::assign(Split split) {
  leave([&](Inbox& inbox) { inbox.splits.push_back({std::move(split), {}}); });
}

void Task::assign_restored(const std::vector<SavedSplit>& splits) {
  leave([&](Inbox& inbox) { inbox.splits.insert(inbox.splits.end(), splits.begin(), splits.end()); });
}

void Task::no_more_splits() {
  leave([](Inbox& inbox) { inbox.no_more = true; });
}

void Task::trigger(CheckpointId checkpoint, EndOfInput end, checkpoint::AfterBarrier after) {
  leave([&](Inbox& inbox) { inbox.triggers.push_back({checkpoint, end, after}); });
}

void Task::completed(CheckpointId checkpoint) {
  leave([&](Inbox& inbox) { inbox.completed = checkpoint; });
}

void Task::read_inbox() {
  Inbox inbox;
  {
    const std::lock_guard lock(inbox_mutex_);
    inbox_full_.store(false);
    std::swap(inbox, inbox_);
  }
  for (const SavedSplit& split : inbox.splits) {
    if (told_idle_) {
      told_idle_ = false;
      chain_.source_outputs().active();
    }
    const SplitIndex index(splits_++);
    chain_.source_outputs().split(index, SplitEvent::kBegin);
    reader_->add_split(split.split, index);
    if (!split.operators.empty()) splits_to_restore_.emplace_back(index, split);
  }
  if (inbox.no_more) {
    has_all_splits_ = true;
    reader_->no_more_splits();
  }
  // What is completed first: a barrier of a later checkpoint must not list its output again.
  if (inbox.completed) snapshots_.completed(*inbox.completed);
  for (const Triggered& triggered : inbox.triggers) triggers_.push_back(triggered);
}

void Task::arm_timer() {
  const Deadline deadline = chain_.deadline();
  MonotonicTime when = deadline.monotonic;
  if (deadline.wall != Timestamp::max()) {
    const auto wait = std::clamp<std::chrono::nanoseconds>(deadline.wall - host_.wall_now(),
                                                           std::chrono::nanoseconds(0), kClockCheck);
    when = std::min(when, host_.monotonic_now() + wait);
  }
  if (when == MonotonicTime::max()) return;
  if (armed_ <= when && armed_ > host_.monotonic_now()) return;
  armed_ = when;
  timer_ = host_.at(when, [notifier = notifier_] { notifier.notify(); });
}

std::string Task::where() const { return fmt::format("{}, at '{}'", name_, chain_.running()); }

}  // namespace weir::runtime
