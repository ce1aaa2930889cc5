#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/host.h"
#include "weir/core/ids.h"
#include "weir/core/time.h"
#include "weir/sim/pace.h"
#include "weir/sim/random.h"

namespace weir::sim {

/// What an event is, in the trace.
enum class EventKind : std::uint8_t {
  kNone,          ///< between events
  kPost,          ///< posted work
  kTimer,         ///< a timer that is due
  kStep,          ///< a step of a loop
  kStall,         ///< a loop that was held up goes on
  kBlockingWork,  ///< blocking work runs on its helper thread
  kBlockingDone,  ///< and its completion on the control loop
  kNetwork,       ///< a connection made or refused, bytes or an end that arrive
  kOutside,       ///< something in the world outside of the process
};

/// Whom an event belongs to: what belongs to the process dies with it.
enum class Owner : std::uint8_t { kProcess, kOutside };

using LoopId = StrongId<struct LoopIdTag, std::uint32_t>;

/// A scheduled event, for cancelling it.
struct EventId {
  std::uint32_t slot = 0;
  std::uint64_t id = 0;  ///< 0: none
};

/// Virtual time, and the seeded choice of what happens next.
///
/// Ready are: the oldest post, every loop that was woken, and the first due event of the heap (by time; events of the
/// same time in an order of the seed). One of them is chosen with equal chance and time moves on a little; when
/// nothing is ready, time jumps to the next event. Cost: about 50 ns an event besides its work.
/// Thread: one thread only, like everything in a simulated world.
class Scheduler {
 public:
  Scheduler(Random random, const Pace& pace);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  MonotonicTime now() const { return now_; }

  /// Time passes and nothing runs. Requires: by >= 0.
  void pass(std::chrono::nanoseconds by) { now_ += by; }

  /// Runs `work` at `when`, or as soon as possible if that is past.
  EventId schedule(Owner owner, EventKind kind, MonotonicTime when, std::function<void()> work);

  /// An event that has begun, ended or was cancelled is left alone.
  void cancel(EventId event);

  /// Runs `work` after all work posted before.
  void post(std::function<void()> work);

  /// Requires: `what` lives until stop() or drop_process().
  LoopId start_loop(Steppable& what, std::string_view name);
  void wake(LoopId loop);
  /// Requires: the loop is not in a step.
  void stop(LoopId loop);

  /// Chooses one event and runs it. Returns false, without an effect, when there is none.
  /// Errors: what the event throws; a loop whose step threw is never stepped again.
  bool run_one();

  /// The time of the next event (now if something is ready). Requires: has_events().
  MonotonicTime next_time();
  bool has_events();

  /// Ends all loops and drops, without running it, what belongs to the process.
  void drop_process();
  /// Drops everything.
  void drop_all();

  /// The kind of the event that runs now.
  EventKind running() const { return running_; }

  /// Events so far, and a hash over the kind, number and time of each.
  std::uint64_t events() const { return events_; }
  std::uint64_t trace_hash() const;

  /// Called with every event before it runs, for looking into a run.
  using Observer = std::function<void(EventKind kind, std::uint64_t id, MonotonicTime time)>;
  void observe(Observer observer) { observer_ = std::move(observer); }

  /// The loops that have not ended with their state, for messages: "worker-0 (idle), worker-1 (ready)".
  std::string describe_loops() const;

 private:
  enum class Phase : std::uint8_t { kIdle, kReady, kStalled, kStepping, kEnded };

  struct LoopState {
    Steppable* what;
    std::string name;
    Phase phase = Phase::kIdle;
    bool woken = false;          ///< during its step
    std::uint32_t ready_at = 0;  ///< place in ready_
    std::uint32_t live_at = 0;   ///< place in live_
  };

  struct Slot {
    std::function<void()> work;
    std::uint64_t id = 0;  ///< 0: free
    Owner owner = Owner::kProcess;
    EventKind kind = EventKind::kNone;
  };

  struct Entry {
    MonotonicTime when;
    std::uint32_t tie;  ///< drawn: the order among events of the same time
    std::uint32_t slot;
    std::uint64_t id;
  };

  static bool later(const Entry& a, const Entry& b);

  void skip_cancelled();
  void compact();
  std::function<void()> take(std::uint32_t slot);
  void drop(bool all);

  void make_ready(LoopId loop);
  void remove_ready(LoopState& state);
  void end(LoopState& state);
  void step(LoopId loop);
  bool step_spuriously();
  void run_post();
  void run_due();

  void record(EventKind kind, std::uint64_t id);

  Random random_;
  Pace pace_;
  MonotonicTime now_;

  std::vector<std::function<void()>> posts_;
  std::size_t posts_head_ = 0;
  std::uint64_t posts_run_ = 0;

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::size_t cancelled_ = 0;  ///< entries of heap_ without their slot
  std::uint64_t last_id_ = 0;

  std::vector<LoopState> loops_;
  std::vector<LoopId> ready_;
  std::vector<LoopId> live_;

  EventKind running_ = EventKind::kNone;
  std::uint64_t events_ = 0;
  std::uint64_t hash_ = 0;
  Observer observer_;
};

}  // namespace weir::sim
