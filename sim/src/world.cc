#include "weir/sim/world.h"

#include <exception>
#include <optional>
#include <utility>

#include "weir/core/check.h"
#include "weir/core/error.h"

namespace weir::sim {
namespace {

constexpr Timestamp kFirstDay = timestamp_ms(1'704'067'200'000);  // 2024-01-01

}  // namespace

/// Cancels its event.
class World::SimTimer final : public Timer {
 public:
  SimTimer(World& world, EventId event) : world_(world), event_(event) { ++world_.handles_; }
  ~SimTimer() override {
    world_.scheduler_.cancel(event_);
    --world_.handles_;
  }

 private:
  World& world_;
  const EventId event_;
};

/// Stops its loop, which a kill may have ended already.
class World::SimLoop final : public Loop {
 public:
  /// `id` empty: the loop of a dead process.
  SimLoop(World& world, std::optional<LoopId> id) : world_(world), id_(id) { ++world_.handles_; }
  ~SimLoop() override {
    stop();
    --world_.handles_;
  }

  void wake() override {
    if (id_) world_.scheduler_.wake(*id_);
  }
  void stop() override {
    if (id_) world_.scheduler_.stop(*id_);
  }

 private:
  World& world_;
  const std::optional<LoopId> id_;
};

World::World(std::uint64_t seed) : World(seed, Random(seed), nullptr) {}

World::World(std::uint64_t seed, const Pace& pace) : World(seed, Random(seed), &pace) {}

World::World(std::uint64_t seed, Random random, const Pace* pace)
    : seed_(seed),
      random_(random),
      pace_(pace != nullptr ? *pace : Pace::draw(random_)),
      scheduler_(random_.fork(), pace_),
      disk_(random_.next()),
      net_(scheduler_, random_.fork(), pace_),
      host_random_(random_.fork()),
      wall_(kFirstDay + Duration(random_.below(86'400'000)), scheduler_.now()) {
  disk_.on_call([this](std::chrono::nanoseconds latency) { on_file_call(latency); });
}

World::~World() {
  detach();
  life_ = Life::kDead;
  net_.drop_all();
  scheduler_.drop_all();
  WEIR_CHECK(handles_ + net_.handles() == 0, "timers, loops, streams or listeners outlive their world:", handles_,
             net_.handles());
}

MonotonicTime World::monotonic_now() {
  scheduler_.pass(pace_.clock_read);
  return scheduler_.now();
}

Timestamp World::wall_now() { return wall_.read(monotonic_now()); }

void World::post(std::function<void()> work) {
  if (alive()) scheduler_.post(std::move(work));
}

std::unique_ptr<Timer> World::at(MonotonicTime when, std::function<void()> work) {
  const EventId event =
      alive() ? scheduler_.schedule(Owner::kProcess, EventKind::kTimer, when, std::move(work)) : EventId{};
  return std::make_unique<SimTimer>(*this, event);
}

void World::blocking(std::function<void()> work, std::function<void(std::exception_ptr)> done) {
  if (!alive()) return;
  const auto latency = draw_latency(random_, pace_.blocking_typical, pace_.blocking_worst);
  scheduler_.schedule(
      Owner::kProcess, EventKind::kBlockingWork, scheduler_.now() + latency,
      [this, work = std::move(work), done = std::move(done)]() mutable { run_blocking(work, std::move(done)); });
}

void World::run_blocking(const std::function<void()>& work, std::function<void(std::exception_ptr)> done) {
  file_latency_ = std::chrono::nanoseconds(0);
  std::exception_ptr error;
  try {
    work();
  } catch (const Kill&) {
    throw;
  } catch (...) {
    error = std::current_exception();
  }
  if (!alive()) return;
  const auto latency = draw_latency(random_, pace_.blocking_typical, pace_.blocking_worst) + file_latency_;
  scheduler_.schedule(Owner::kProcess, EventKind::kBlockingDone, scheduler_.now() + latency,
                      [done = std::move(done), error] { done(error); });
}

std::unique_ptr<Loop> World::start_loop(Steppable& what, std::string_view name) {
  if (!alive()) return std::make_unique<SimLoop>(*this, std::nullopt);
  return std::make_unique<SimLoop>(*this, scheduler_.start_loop(what, name));
}

void World::print(StandardStream stream, std::string_view text) {
  if (!alive()) return;
  (stream == StandardStream::kOut ? out_ : err_) += text;
}

void World::on_file_call(std::chrono::nanoseconds latency) {
  switch (scheduler_.running()) {
    case EventKind::kBlockingWork:
      file_latency_ += latency;
      return;
    case EventKind::kNone:
    case EventKind::kOutside:
      break;
    default:
      ++misplaced_file_calls_;
  }
  scheduler_.pass(latency);
}

void World::after(std::chrono::nanoseconds time, std::function<void()> work) {
  scheduler_.schedule(Owner::kOutside, EventKind::kOutside, scheduler_.now() + time, std::move(work));
}

bool World::run_one() {
  if (life_ == Life::kDying) throw Killed{dying_at_};
  if (die_after_event_) die(dying_at_);
  const bool ran = scheduler_.run_one();
  if (life_ == Life::kDying) throw Killed{dying_at_};  // somebody caught what is not theirs
  if (die_after_event_) die(dying_at_);
  return ran;
}

void World::run_until(const std::function<bool()>& done, const RunLimits& limits) {
  const std::uint64_t first = scheduler_.events();
  const MonotonicTime since = scheduler_.now();
  while (!done()) {
    if (scheduler_.events() - first >= limits.events) give_up("passed its limit of events", first, since);
    if (scheduler_.has_events() && scheduler_.next_time() - since > limits.time)
      give_up("passed its limit of virtual time", first, since);
    if (!run_one()) give_up("is stuck: nothing is left to do", first, since);
  }
}

void World::run_for(std::chrono::nanoseconds time) {
  const MonotonicTime until = scheduler_.now() + time;
  while (scheduler_.has_events() && scheduler_.next_time() <= until) run_one();
  if (scheduler_.now() < until) scheduler_.pass(until - scheduler_.now());
}

void World::give_up(const std::string& why, std::uint64_t events, MonotonicTime since) const {
  const auto time = std::chrono::duration<double>(scheduler_.now() - since).count();
  std::string message = "the simulated world of seed " + std::to_string(seed_) + " " + why + ", after " +
                        std::to_string(scheduler_.events() - events) + " events in " + std::to_string(time) +
                        " s of virtual time; loops: " + scheduler_.describe_loops();
  if (life_ == Life::kDead) message += "; the process was killed and start_process() was not called";
  throw Error(Domain::kInternal, Retry::kNo, message);
}

void World::arm(std::string crash_point, std::uint64_t nth, Side side) {
  crash_points_.arm(std::move(crash_point), nth, side);
}

void World::crash_point(std::string_view name) {
  if (!alive()) return;
  switch (crash_points_.hit(name)) {
    case CrashPoints::Verdict::kLive:
      return;
    case CrashPoints::Verdict::kDieNow:
      die(name);
    case CrashPoints::Verdict::kDieAfterEvent:
      dying_at_ = name;
      die_after_event_ = true;
  }
}

void World::die(std::string_view crash_point) {
  detach();
  life_ = Life::kDying;
  dying_at_ = crash_point;
  throw Killed{dying_at_};
}

void World::detach() {
  disk_.detach();
  net_.detach();
  die_after_event_ = false;
}

void World::kill_process() {
  detach();
  life_ = Life::kDead;
  net_.drop_process();
  scheduler_.drop_process();
  disk_.kill();
}

void World::lose_power() {
  kill_process();
  disk_.crash();
}

void World::start_process() {
  WEIR_CHECK(life_ == Life::kDead, "a process is started beside a living one: kill_process() comes first");
  disk_.attach();
  net_.attach();
  life_ = Life::kAlive;
}

}  // namespace weir::sim
