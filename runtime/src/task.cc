#include "weir/runtime/task.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/core/check.h"

namespace weir::runtime {

namespace {

/// Moves within the chain before other tasks get their turn; about 100 us of work.
constexpr int kMovesPerSlice = 64;

/// How soon a jump of the wall clock is noticed.
constexpr std::chrono::milliseconds kClockCheck{100};

}  // namespace

Task::Task(Parts parts)
    : name_(std::move(parts.name)),
      host_(*parts.host),
      notifier_(parts.notifier),
      reader_(std::move(parts.reader)),
      bounded_(parts.bounded),
      gate_(std::move(parts.gate)),
      chain_(std::move(parts.stages)),
      contexts_(std::move(parts.contexts)) {}

void Task::open() {
  opened_ = true;
  for (std::size_t i = 0; i < contexts_.size(); ++i) {
    if (i == 0 && reader_ != nullptr) {
      reader_->open(contexts_[0]);
    } else {
      chain_.open(i, contexts_[i]);
    }
  }
}

Task::Step Task::step() {
  if (!opened_) open();
  if (inbox_full_.load()) read_inbox();
  bool took_input = false;
  for (int moves = 0; moves < kMovesPerSlice; ++moves) {
    switch (chain_.advance()) {
      case Chain::State::kProgress:
        continue;
      case Chain::State::kBlocked:
        chain_.publish_metrics();
        return Step::kIdle;
      case Chain::State::kQuiescent:
        break;
    }
    if (BatchPtr batch = chain_.take_fed_batch()) gate_.give_back(fed_channel_, fed_lane_, std::move(batch));
    if (phase_ == Phase::kDelivering) {
      phase_ = Phase::kDelivered;
      chain_.publish_metrics();
      return Step::kDelivered;
    }
    if (phase_ != Phase::kRunning) return Step::kIdle;
    if (chain_.ended()) {
      phase_ = Phase::kEnded;
      chain_.publish_metrics();
      return Step::kEnded;
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
    chain_.flush_edges();
    chain_.publish_metrics();
    arm_timer();
    return Step::kIdle;
  }
  chain_.publish_metrics();
  return Step::kMore;
}

bool Task::take_input() {
  if (reader_ != nullptr) return take_split_input();
  Gate::Arrival arrival;
  if (!gate_.next(arrival)) return false;
  fed_channel_ = arrival.channel;
  fed_lane_ = arrival.lane;
  chain_.feed(std::move(arrival.element), arrival.input);
  return true;
}

bool Task::take_split_input() {
  if (reader_exhausted_) return false;
  // A split that came after the watermark of another would be late as a whole.
  if (bounded_ && !has_all_splits_) return false;
  Outputs& out = chain_.source_outputs();
  const Poll poll = reader_->poll(out);
  if (poll == Poll::kExhausted) {
    reader_exhausted_ = true;
    if (told_idle_) out.active();
    out.watermark(Watermark::end());
    out.end();
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
  leave([&](Inbox& inbox) { inbox.splits.push_back(std::move(split)); });
}

void Task::no_more_splits() {
  leave([](Inbox& inbox) { inbox.no_more = true; });
}

void Task::deliver() {
  leave([](Inbox& inbox) { inbox.deliver = true; });
}

void Task::read_inbox() {
  Inbox inbox;
  {
    const std::lock_guard lock(inbox_mutex_);
    inbox_full_.store(false);
    std::swap(inbox, inbox_);
  }
  for (const Split& split : inbox.splits) {
    if (told_idle_) {
      told_idle_ = false;
      chain_.source_outputs().active();
    }
    const SplitIndex index(splits_++);
    chain_.source_outputs().split(index, SplitEvent::kBegin);
    reader_->add_split(split, index);
  }
  if (inbox.no_more) {
    has_all_splits_ = true;
    reader_->no_more_splits();
  }
  if (inbox.deliver) {
    WEIR_CHECK(phase_ == Phase::kEnded, name_);
    phase_ = Phase::kDelivering;
    chain_.start_deliver();
  }
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
