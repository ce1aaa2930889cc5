#pragma once

#include <functional>

#include "asio.h"
#include "control_loop.h"

namespace weir::host {

/// Delivers the first SIGINT, SIGTERM or SIGHUP on the control loop; the next one ends the process. Destruction gives
/// the signals their default meaning back. Requires: one per process; `control` outlives it.
class SignalWatch {
 public:
  /// Errors: ExternalError when the system refuses.
  SignalWatch(ControlLoop& control, std::function<void(int)> handler);

 private:
  asio::signal_set signals_;
};

}  // namespace weir::host
