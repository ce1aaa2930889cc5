#pragma once

#include <exception>
#include <string_view>

#include "weir/core/check.h"

namespace weir::host {

/// Runs what must not throw; what throws nevertheless ends the process with a message that names `what`.
template <class Callback>
void run_callback(std::string_view what, Callback&& callback) noexcept {
  try {
    callback();
  } catch (const std::exception& error) {
    WEIR_CHECK(!"a callback threw", what, ':', error.what());
  }
}

}  // namespace weir::host
