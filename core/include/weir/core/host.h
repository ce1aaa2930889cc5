#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>

#include "weir/core/files.h"
#include "weir/core/network.h"
#include "weir/core/time.h"

namespace weir {

/// What one step of a loop says about the next.
enum class StepResult {
  kMore,  ///< step again
  kIdle,  ///< nothing to do until wake()
  kDone,  ///< never step again
};

/// Something passive that a host's loop drives. step() is called by one thread at a time, and again
/// after wake() or kMore; the host spins a little when idle, then parks.
class Steppable {
 public:
  virtual ~Steppable() = default;
  virtual StepResult step() = 0;
};

/// A loop that drives one Steppable. Destruction stops it.
class Loop {
 public:
  virtual ~Loop() = default;

  /// Makes step() run again soon; also when called during a step. Thread-safe, cheap when awake,
  /// without effect after stop().
  virtual void wake() = 0;

  /// Ends the driving and waits until no step runs. Not from within a step. May be called again.
  virtual void stop() = 0;
};

/// A timer that was set with Host::at. Destruction cancels it (a callback that runs right now may end after).
class Timer {
 public:
  virtual ~Timer() = default;
};

/// Where printed text goes.
enum class StandardStream { kOut, kError };

/// The only door to the outside: clocks, threads, timers, files, network, randomness, crashes.
///
/// In `host/` it is the real machine; in `sim/` a world in which one seed decides everything.
/// Thread: all calls are thread-safe unless said otherwise.
class Host {
 public:
  virtual ~Host() = default;

  virtual MonotonicTime monotonic_now() = 0;
  /// The time of day; it can jump both ways.
  virtual Timestamp wall_now() = 0;

  /// Runs `work` on the control loop, in the order of posting. The control loop is one thread; work must not block.
  virtual void post(std::function<void()> work) = 0;

  /// Runs `work` on the control loop at `when` or soon after.
  virtual std::unique_ptr<Timer> at(MonotonicTime when, std::function<void()> work) = 0;

  /// Runs `work` on a helper thread where it may block, then `done` on the control loop with what
  /// `work` threw (null: it returned).
  virtual void blocking(std::function<void()> work, std::function<void(std::exception_ptr)> done) = 0;

  /// Drives `what` on a thread of its own, which has the name. Requires: `what` lives until the loop has stopped.
  virtual std::unique_ptr<Loop> start_loop(Steppable& what, std::string_view name) = 0;

  // They live as long as the host.
  virtual FileSystem& files() = 0;
  virtual Network& network() = 0;

  /// Appends text to the process's standard output or error at once. Blocks when a pipe is full:
  /// belongs into blocking().
  virtual void print(StandardStream stream, std::string_view text) = 0;

  /// 64 random bits; in a simulated world those of its seed.
  virtual std::uint64_t random() = 0;

  /// A named place at which tests kill the process. Does nothing unless armed.
  virtual void crash_point(std::string_view name) = 0;
};

}  // namespace weir
