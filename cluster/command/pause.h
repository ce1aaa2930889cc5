#pragma once

#include <future>

#include "weir/core/host.h"
#include "weir/core/time.h"

namespace weir::cluster {

/// Nothing happens for so long. Not from the control loop.
inline void pause(Host& host, Duration time) {
  std::promise<void> over;
  const auto timer = host.at(host.monotonic_now() + time, [&] { over.set_value(); });
  over.get_future().get();
}

}  // namespace weir::cluster
