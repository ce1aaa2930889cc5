#pragma once

#include <chrono>
#include <memory>

#include "weir/host/child_process.h"

#include "control_loop.h"

namespace weir::host {

/// Starts a process. Requires: `control` outlives what is returned.
/// Errors: ExternalError naming the program.
std::unique_ptr<ChildProcess> spawn_process(ControlLoop& control, std::chrono::milliseconds flush_limit,
                                            const ChildCommand& command, ChildEnded ended);

/// The socket at `descriptor`, which this process was started with, as a stream that owns it.
std::unique_ptr<ByteStream> adopt_socket(ControlLoop& control, std::chrono::milliseconds flush_limit, int descriptor);

}  // namespace weir::host
