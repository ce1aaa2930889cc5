#include "weir/sim/scheduler.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "weir/core/check.h"

namespace weir::sim {

namespace {

constexpr std::uint64_t kHashFactor = 0x9fb21c651e98df25ULL;

/// Says what runs, also when it ends by an exception.
class Running {
 public:
  Running(EventKind& running, EventKind kind) : running_(running) { running_ = kind; }
  ~Running() { running_ = EventKind::kNone; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  EventKind& running_;
};

}  // namespace

// Not zero, so that arithmetic on a default-constructed time shows.
Scheduler::Scheduler(Random random, const Pace& pace)
    : random_(random), pace_(pace), now_(std::chrono::seconds(1000)) {}

bool Scheduler::later(const Entry& a, const Entry& b) {
  if (a.when != b.when) return a.when > b.when;
  if (a.tie != b.tie) return a.tie > b.tie;
  return a.id > b.id;
}

EventId Scheduler::schedule(Owner owner, EventKind kind, MonotonicTime when, std::function<void()> work) {
  std::uint32_t index;
  if (free_slots_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_slots_.back();
    free_slots_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.work = std::move(work);
  slot.id = ++last_id_;
  slot.owner = owner;
  slot.kind = kind;
  heap_.push_back({when, static_cast<std::uint32_t>(random_.next()), index, slot.id});
  std::push_heap(heap_.begin(), heap_.end(), later);
  return {index, slot.id};
}

std::function<void()> Scheduler::take(std::uint32_t index) {
  Slot& slot = slots_[index];
  slot.id = 0;
  free_slots_.push_back(index);
  return std::exchange(slot.work, nullptr);
}

void Scheduler::cancel(EventId event) {
  if (event.id == 0 || event.slot >= slots_.size() || slots_[event.slot].id != event.id) return;
  // Destroyed last: what it captured may come back to us.
  const std::function<void()> dropped = take(event.slot);
  ++cancelled_;
  if (cancelled_ > 64 && cancelled_ > heap_.size() / 2) compact();
}

void Scheduler::compact() {
  std::erase_if(heap_, [this](const Entry& entry) { return slots_[entry.slot].id != entry.id; });
  std::make_heap(heap_.begin(), heap_.end(), later);
  cancelled_ = 0;
}

void Scheduler::skip_cancelled() {
  while (!heap_.empty() && slots_[heap_.front().slot].id != heap_.front().id) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
    --cancelled_;
  }
}

void Scheduler::post(std::function<void()> work) { posts_.push_back(std::move(work)); }

LoopId Scheduler::start_loop(Steppable& what, std::string_view name) {
  const LoopId loop(static_cast<std::uint32_t>(loops_.size()));
  LoopState state;
  state.what = &what;
  state.name = name;
  state.live_at = static_cast<std::uint32_t>(live_.size());
  loops_.push_back(std::move(state));
  live_.push_back(loop);
  make_ready(loop);
  return loop;
}

void Scheduler::make_ready(LoopId loop) {
  LoopState& state = loops_[loop.value()];
  state.phase = Phase::kReady;
  state.ready_at = static_cast<std::uint32_t>(ready_.size());
  ready_.push_back(loop);
}

void Scheduler::remove_ready(LoopState& state) {
  ready_[state.ready_at] = ready_.back();
  loops_[ready_[state.ready_at].value()].ready_at = state.ready_at;
  ready_.pop_back();
}

void Scheduler::end(LoopState& state) {
  if (state.phase == Phase::kReady) remove_ready(state);
  state.phase = Phase::kEnded;
  state.what = nullptr;
  live_[state.live_at] = live_.back();
  loops_[live_[state.live_at].value()].live_at = state.live_at;
  live_.pop_back();
}

void Scheduler::wake(LoopId loop) {
  LoopState& state = loops_[loop.value()];
  if (state.phase == Phase::kIdle)
    make_ready(loop);
  else if (state.phase == Phase::kStepping)
    state.woken = true;
}

void Scheduler::stop(LoopId loop) {
  LoopState& state = loops_[loop.value()];
  WEIR_CHECK(state.phase != Phase::kStepping, "a loop is stopped from within its own step:", state.name);
  if (state.phase != Phase::kEnded) end(state);
}

void Scheduler::step(LoopId loop) {
  LoopState& before = loops_[loop.value()];
  if (before.phase == Phase::kReady) remove_ready(before);
  if (random_.one_in(pace_.stall_one_in)) {
    before.phase = Phase::kStalled;
    record(EventKind::kStall, loop.value());
    schedule(Owner::kProcess, EventKind::kStall, now_ + random_.between(Pace::Time(0), pace_.stall_max), [this, loop] {
      if (loops_[loop.value()].phase == Phase::kStalled) make_ready(loop);
    });
    return;
  }

  before.phase = Phase::kStepping;
  before.woken = false;
  Steppable& what = *before.what;
  record(EventKind::kStep, loop.value());
  StepResult result = StepResult::kDone;
  {
    const Running running(running_, EventKind::kStep);
    struct EndUnlessReturned {
      Scheduler& scheduler;
      LoopId loop;
      bool returned = false;
      ~EndUnlessReturned() {
        if (!returned) scheduler.end(scheduler.loops_[loop.value()]);
      }
    } guard{*this, loop};
    result = what.step();
    guard.returned = true;
  }
  now_ += random_.between(pace_.step_min, pace_.step_max);

  LoopState& after = loops_[loop.value()];  // a step may have started loops: `before` may dangle
  if (result == StepResult::kDone)
    end(after);
  else if (result == StepResult::kMore || after.woken)
    make_ready(loop);
  else
    after.phase = Phase::kIdle;
}

bool Scheduler::step_spuriously() {
  if (live_.empty() || !random_.one_in(pace_.spurious_one_in)) return false;
  const LoopId loop = live_[random_.below(live_.size())];
  if (loops_[loop.value()].phase == Phase::kStalled) return false;
  step(loop);
  return true;
}

void Scheduler::run_post() {
  const std::function<void()> work = std::move(posts_[posts_head_]);
  if (++posts_head_ == posts_.size()) {
    posts_.clear();
    posts_head_ = 0;
  } else if (posts_head_ >= 1024 && posts_head_ > posts_.size() / 2) {
    posts_.erase(posts_.begin(), posts_.begin() + static_cast<std::ptrdiff_t>(posts_head_));
    posts_head_ = 0;
  }
  record(EventKind::kPost, ++posts_run_);
  {
    const Running running(running_, EventKind::kPost);
    work();
  }
  now_ += random_.between(pace_.control_min, pace_.control_max);
}

void Scheduler::run_due() {
  std::pop_heap(heap_.begin(), heap_.end(), later);
  const Entry entry = heap_.back();
  heap_.pop_back();
  const EventKind kind = slots_[entry.slot].kind;
  const Owner owner = slots_[entry.slot].owner;
  const std::function<void()> work = take(entry.slot);
  record(kind, entry.id);
  {
    const Running running(running_, kind);
    work();
  }
  if (owner == Owner::kProcess) now_ += random_.between(pace_.control_min, pace_.control_max);
}

bool Scheduler::has_events() {
  skip_cancelled();
  return !heap_.empty() || !ready_.empty() || posts_head_ < posts_.size();
}

MonotonicTime Scheduler::next_time() {
  if (!ready_.empty() || posts_head_ < posts_.size()) return now_;
  skip_cancelled();
  return std::max(now_, heap_.front().when);
}

bool Scheduler::run_one() {
  WEIR_CHECK(running_ == EventKind::kNone, "an event runs the world it is in");
  if (!has_events()) return false;
  now_ = next_time();
  if (step_spuriously()) return true;

  std::size_t choices = ready_.size();
  const bool has_post = posts_head_ < posts_.size();
  const bool has_due = !heap_.empty() && heap_.front().when <= now_;
  choices += (has_post ? 1 : 0) + (has_due ? 1 : 0);
  std::size_t choice = choices == 1 ? 0 : random_.below(choices);
  if (choice < ready_.size()) {
    step(ready_[choice]);
    return true;
  }
  choice -= ready_.size();
  if (has_post && choice == 0)
    run_post();
  else
    run_due();
  return true;
}

void Scheduler::drop_process() { drop(false); }

void Scheduler::drop_all() { drop(true); }

void Scheduler::drop(bool all) {
  WEIR_CHECK(running_ == EventKind::kNone || running_ == EventKind::kOutside,
             "a process is killed from within one of its own events");
  while (!live_.empty()) end(loops_[live_.back().value()]);

  // Closures are destroyed last and all together: what they captured may come back to us.
  std::vector<std::function<void()>> dropped = std::move(posts_);
  posts_.clear();
  posts_head_ = 0;
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot)
    if (slots_[slot].id != 0 && (all || slots_[slot].owner == Owner::kProcess)) dropped.push_back(take(slot));
  compact();
}

void Scheduler::record(EventKind kind, std::uint64_t id) {
  ++events_;
  const auto time = static_cast<std::uint64_t>(now_.time_since_epoch().count());
  hash_ = (std::rotl(hash_, 5) ^ id ^ (static_cast<std::uint64_t>(kind) << 56)) * kHashFactor;
  hash_ = (std::rotl(hash_, 5) ^ time) * kHashFactor;
  if (observer_) observer_(kind, id, now_);
}

std::uint64_t Scheduler::trace_hash() const { return Random(hash_ ^ events_).next(); }

std::string Scheduler::describe_loops() const {
  std::string text;
  for (const LoopState& loop : loops_) {
    if (loop.phase == Phase::kEnded) continue;
    if (!text.empty()) text += ", ";
    text += loop.name + (loop.phase == Phase::kIdle ? " (idle)" : " (ready)");
  }
  return text.empty() ? "none" : text;
}

}  // namespace weir::sim
