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

/// What `call` says when it fails with any error of Weir's.
inline std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace weir
