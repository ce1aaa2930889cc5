#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "weir/core/host.h"
#include "weir/host/child_process.h"

namespace weir::host {

struct RealHostOptions {
  /// Threads that Host::blocking shares. Requires: at least 1.
  unsigned helper_threads = 2;

  /// How long an idle loop spins before it parks. Absent: 50 us while the loops leave a core to the control loop and
  /// the helpers, else not at all, for then a spinning loop takes the core of the one it waits for (two loops that hand
  /// work to each other on two busy cores got a half to a sixth of it done with 50 us, with up to 10 us about as much
  /// as with none). Alone on the machine, a hand-over costs about 0.3 us to a spinning loop and 18 us to a parked one.
  std::optional<std::chrono::microseconds> spin = std::nullopt;

  /// How long a closed connection may stand still, with bytes unsent or its peer not done, before it is cut.
  std::chrono::milliseconds flush_limit{10'000};
};

/// The real machine: one control thread, helper threads, a thread per loop, POSIX files, TCP.
///
/// SIGPIPE is ignored from the first host on. Callbacks and steps must not throw: one that does ends the process
/// with a message.
///
/// Destruction waits for the callback and the blocking work that run right now, and for the bytes of connections that
/// were closed; no callback starts any more, blocking work that had not begun is dropped, and so is what would have
/// been done after the rest. Requires: it is not destroyed by a callback, and its loops, timers, streams and listeners
/// are gone, except those that only a dropped callback holds (checked).
class RealHost final : public Host {
 public:
  /// Reads WEIR_CRASH_AT ("name" or "name:n", n = 1, 2, ...): the n-th call of crash_point(name) kills the process
  /// with SIGKILL; and WEIR_STOP_AT: there it stops with SIGSTOP. Errors: UsageError when one is something else;
  /// ExternalError when no thread can be had.
  explicit RealHost(RealHostOptions options = {});
  ~RealHost() override;
  RealHost(const RealHost&) = delete;
  RealHost& operator=(const RealHost&) = delete;

  MonotonicTime monotonic_now() override;
  Timestamp wall_now() override;
  void post(std::function<void()> work) override;
  std::unique_ptr<Timer> at(MonotonicTime when, std::function<void()> work) override;
  void blocking(std::function<void()> work, std::function<void(std::exception_ptr)> done) override;
  std::unique_ptr<Loop> start_loop(Steppable& what, std::string_view name) override;
  FileSystem& files() override;
  Network& network() override;
  void print(StandardStream stream, std::string_view text) override;
  std::uint64_t random() override;
  void crash_point(std::string_view name) override;

  /// Calls `handler` on the control loop with SIGINT, SIGTERM or SIGHUP when the first of them arrives. The next one
  /// ends the process at once with status 128 + signal, whatever the control loop does. Not part of the seam: a process
  /// has signals, a host in general has none. Requires: called once, by one host of the process.
  void on_signal(std::function<void(int signal)> handler);

  // Other processes are no part of the seam either.

  /// Starts a process. `ended` may be empty. Errors: ExternalError naming the program when it cannot be started.
  std::unique_ptr<ChildProcess> spawn(const ChildCommand& command, ChildEnded ended);

  /// The socket that this process inherited as `descriptor`, as a stream. Requires: called once a descriptor.
  std::unique_ptr<ByteStream> inherited_stream(int descriptor);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace weir::host
