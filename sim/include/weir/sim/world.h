#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "weir/core/host.h"
#include "weir/sim/crash_points.h"
#include "weir/sim/disk.h"
#include "weir/sim/killed.h"
#include "weir/sim/net.h"
#include "weir/sim/pace.h"
#include "weir/sim/random.h"
#include "weir/sim/scheduler.h"
#include "weir/sim/script.h"
#include "weir/sim/wall_clock.h"

namespace weir::sim {

/// After how much run_until() gives up, counted from its call.
struct RunLimits {
  std::uint64_t events = 10'000'000;
  std::chrono::nanoseconds time = std::chrono::hours(24);  ///< virtual
};

/// A Host in which a whole job runs on one thread, in virtual time, from one seed.
///
/// The same seed and the same program give the same run, event by event. One process lives in the world at a time; it
/// may be killed and started again on the disk that it left. What the process made (loops, timers, streams, files)
/// is destroyed before the world. A seed also decides the world's habits (see Pace).
///
///     World world(seed);
///     Job job(world);
///     world.run_until([&] { return job.done(); });
///
/// and with a kill:
///
///     world.arm("manifest written", 1, Side::kBefore);
///     try { world.run_until(...); } catch (const Killed&) { world.kill_process(); }
///     job.reset();             // its destructors have no effect on the world
///     world.start_process();
///     job.emplace(world);
///
/// Thread: one thread only, in spite of what Host allows.
class World final : public Host {
 public:
  explicit World(std::uint64_t seed);
  /// With habits other than those of the seed.
  World(std::uint64_t seed, const Pace& pace);
  ~World() override;

  // The Host.
  MonotonicTime monotonic_now() override;
  Timestamp wall_now() override;
  void post(std::function<void()> work) override;
  std::unique_ptr<Timer> at(MonotonicTime when, std::function<void()> work) override;
  void blocking(std::function<void()> work, std::function<void(std::exception_ptr)> done) override;
  std::unique_ptr<Loop> start_loop(Steppable& what, std::string_view name) override;
  FileSystem& files() override { return disk_; }
  Network& network() override { return net_; }
  void print(StandardStream stream, std::string_view text) override;
  std::uint64_t random() override { return host_random_.next(); }
  void crash_point(std::string_view name) override;

  // Running.
  /// Runs the next event; false if there is none. Errors: what the event throws; Killed at an armed crash point, and
  /// again at every call until kill_process().
  bool run_one();
  /// Runs events until done() says so; it is asked before every event. Errors: as run_one(); Error (Internal) naming
  /// the seed when nothing is left to do ("stuck": something was not woken) or a limit is passed.
  void run_until(const std::function<bool()>& done, const RunLimits& limits = {});
  /// Runs what happens within `time` and lets it pass.
  void run_for(std::chrono::nanoseconds time);
  /// Time passes and nothing runs, as if the process had been stopped.
  void pass(std::chrono::nanoseconds time) { scheduler_.pass(time); }
  /// Runs `work` after `time`, outside of the process: a kill does not stop it. For the test's own deeds.
  void after(std::chrono::nanoseconds time, std::function<void()> work);

  std::uint64_t seed() const { return seed_; }
  /// The virtual time, without the cost of reading a clock.
  MonotonicTime now() const { return scheduler_.now(); }
  std::uint64_t events() const { return scheduler_.events(); }
  /// A hash over every event so far.
  std::uint64_t trace_hash() const { return scheduler_.trace_hash(); }
  void observe(Scheduler::Observer observer) { scheduler_.observe(std::move(observer)); }

  // The wall clock.
  void set_wall(Timestamp now) { wall_.set(now, scheduler_.now()); }
  void jump_wall(Duration by) { set_wall(wall_.read(scheduler_.now()) + by); }
  void freeze_wall() { wall_.freeze(scheduler_.now()); }
  void thaw_wall() { wall_.thaw(scheduler_.now()); }

  // The outside.
  Disk& disk() { return disk_; }
  Net& net() { return net_; }
  TextServer& text_server(const Address& at, Script script) { return net_.text_server(at, std::move(script)); }
  /// What was printed since the world began; may be cleared.
  std::string& out() { return out_; }
  std::string& err() { return err_; }

  // Death.
  void arm(std::string crash_point, std::uint64_t nth = 1, Side side = Side::kBefore);
  void disarm() { crash_points_.disarm(); }
  const std::map<std::string, std::uint64_t, std::less<>>& crash_points_hit() const { return crash_points_.hits(); }

  /// Ends the process at once: its loops, timers, posts, blocking work and connections are dropped and no callback
  /// runs any more. Everything written is still on the disk. Not from within an event of the process.
  void kill_process();
  /// kill_process(), and the disk loses what was not synced.
  void lose_power();
  /// A new process may begin. Requires: the old one was killed.
  void start_process();
  bool process_alive() const { return life_ == Life::kAlive; }

  /// Calls of the file system from a step of a loop or the control loop, where nothing may block.
  std::uint64_t misplaced_file_calls() const { return misplaced_file_calls_; }

 private:
  enum class Life : std::uint8_t {
    kAlive,
    kDying,  ///< reached its crash point; kill_process() is to follow
    kDead,
  };

  class SimTimer;
  class SimLoop;

  World(std::uint64_t seed, Random random, const Pace* pace);

  bool alive() const { return life_ == Life::kAlive; }
  [[noreturn]] void die(std::string_view crash_point);
  void detach();
  void run_blocking(const std::function<void()>& work, std::function<void(std::exception_ptr)> done);
  void on_file_call(std::chrono::nanoseconds latency);
  [[noreturn]] void give_up(const std::string& why, std::uint64_t events, MonotonicTime since) const;

  const std::uint64_t seed_;
  Random random_;
  const Pace pace_;
  Scheduler scheduler_;
  Disk disk_;
  Net net_;
  Random host_random_;
  WallClock wall_;
  CrashPoints crash_points_;

  Life life_ = Life::kAlive;
  std::string dying_at_;  ///< the crash point that was reached, of kDying or die_after_event_
  bool die_after_event_ = false;
  std::chrono::nanoseconds file_latency_{0};  ///< of the blocking work that runs
  std::uint64_t misplaced_file_calls_ = 0;
  std::size_t handles_ = 0;  ///< timers and loops that have not been destroyed
  std::string out_;
  std::string err_;
};

}  // namespace weir::sim
