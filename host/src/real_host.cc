#include "weir/host/real_host.h"

#include <chrono>
#include <csignal>
#include <string>
#include <utility>

#include <sys/random.h>

#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/host/environment.h"
#include "weir/host/posix_file_system.h"

#include "control_loop.h"
#include "crash_points.h"
#include "helper_pool.h"
#include "memory_reserve.h"
#include "signal_watch.h"
#include "spawned_process.h"
#include "standard_streams.h"
#include "system_error.h"
#include "tcp_network.h"
#include "thread_loop.h"

namespace weir::host {
namespace {

std::string variable(const std::string& name) {
  const auto variables = environment_variables();
  const auto found = variables.find(name);
  return found == variables.end() ? "" : found->second;
}

/// A write to a pipe or socket without a reader, or beyond the largest file allowed, is an error like any other.
void ignore_signals_of_writes() {
  WEIR_CHECK(std::signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  WEIR_CHECK(std::signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
}

}  // namespace

struct RealHost::Parts {
  explicit Parts(const RealHostOptions& options)
      : crash_points(variable("WEIR_CRASH_AT"), variable("WEIR_STOP_AT")),
        spin(options.spin),
        flush_limit(options.flush_limit),
        network(control, options.flush_limit),
        helpers(control, options.helper_threads) {}

  ~Parts() {
    WEIR_CHECK(spin.loops() == 0, spin.loops(), "loops outlive their host");
    helpers.stop_taking();
    control.stop();
  }

  // In this order: helpers and signals go before the control loop, which drops what they posted.
  CrashPoints crash_points;
  SpinPolicy spin;
  const std::chrono::milliseconds flush_limit;
  StandardStreams streams;
  PosixFileSystem files;
  ControlLoop control;
  TcpNetwork network;
  HelperPool helpers;
  std::mutex signals_mutex;  // guards the next
  std::optional<SignalWatch> signals;
};

RealHost::RealHost(RealHostOptions options) {
  ignore_signals_of_writes();
  keep_memory_reserve();
  parts_ = std::make_unique<Parts>(options);
}

RealHost::~RealHost() = default;

MonotonicTime RealHost::monotonic_now() { return std::chrono::steady_clock::now(); }

Timestamp RealHost::wall_now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

void RealHost::post(std::function<void()> work) { parts_->control.post(std::move(work)); }

std::unique_ptr<Timer> RealHost::at(MonotonicTime when, std::function<void()> work) {
  return parts_->control.at(when, std::move(work));
}

void RealHost::blocking(std::function<void()> work, std::function<void(std::exception_ptr)> done) {
  parts_->helpers.submit(std::move(work), std::move(done));
}

std::unique_ptr<Loop> RealHost::start_loop(Steppable& what, std::string_view name) {
  return std::make_unique<ThreadLoop>(what, name, parts_->spin);
}

FileSystem& RealHost::files() { return parts_->files; }

Network& RealHost::network() { return parts_->network; }

void RealHost::print(StandardStream stream, std::string_view text) { parts_->streams.print(stream, text); }

std::uint64_t RealHost::random() {
  std::uint64_t value = 0;
  // Reads of up to 256 bytes are never cut short.
  const auto got = uninterrupted([&] { return ::getrandom(&value, sizeof value, 0); });
  WEIR_CHECK(got == sizeof value, got, errno);
  return value;
}

void RealHost::crash_point(std::string_view name) { parts_->crash_points.hit(name); }

void RealHost::on_signal(std::function<void(int)> handler) {
  const std::lock_guard lock(parts_->signals_mutex);
  WEIR_CHECK(!parts_->signals.has_value());
  parts_->signals.emplace(parts_->control, std::move(handler));
}

std::unique_ptr<ChildProcess> RealHost::spawn(const ChildCommand& command, ChildEnded ended) {
  return spawn_process(parts_->control, parts_->flush_limit, command, std::move(ended));
}

std::unique_ptr<ByteStream> RealHost::inherited_stream(int descriptor) {
  return adopt_socket(parts_->control, parts_->flush_limit, descriptor);
}

}  // namespace weir::host
