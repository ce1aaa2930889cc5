#include "signal_watch.h"

#include <csignal>
#include <utility>

#include <unistd.h>

#include "weir/core/check.h"
#include "weir/core/error.h"

namespace weir::host {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

/// Under nohup the end of the terminal is to be ignored.
bool is_ignored_hangup(int signal) {
  struct sigaction action{};
  WEIR_CHECK(sigaction(signal, nullptr, &action) == 0, signal);
  return signal == SIGHUP && action.sa_handler == SIG_IGN;
}

extern "C" void end_at_once(int signal) { _exit(128 + signal); }

/// Not the default action: the first process of a container has none for these signals. Not Asio's way either: a
/// control loop that is stuck would never hear of it.
void end_on_next_signal() {
  struct sigaction action{};
  action.sa_handler = end_at_once;
  sigemptyset(&action.sa_mask);
  for (const int signal : kSignals) {
    if (!is_ignored_hangup(signal)) WEIR_CHECK(sigaction(signal, &action, nullptr) == 0, signal);
  }
}

}  // namespace

SignalWatch::SignalWatch(ControlLoop& control, std::function<void(int)> handler) : signals_(control.context()) {
  for (const int signal : kSignals) {
    if (is_ignored_hangup(signal)) continue;
    error_code error;
    signals_.add(signal, error);
    if (error) throw ExternalError("cannot watch for signal " + std::to_string(signal) + ": " + error.message());
  }
  signals_.async_wait([&control, handler = std::move(handler)](const error_code& error, int signal) {
    if (error) return;  // the watch ended
    end_on_next_signal();
    control.call("the handler of signals", [&] { handler(signal); });
  });
}

}  // namespace weir::host
