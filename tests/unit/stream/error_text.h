#pragma once

#include <functional>
#include <string>

#include "weir/core/error.h"

namespace weir {

/// What `call` says when the user's mistake ends it; empty when it does not fail. Other exceptions pass.
inline std::string usage_error(const std::function<void()>& call) {
  try {
    call();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace weir
