#pragma once

#include "weir/core/error.h"

namespace weir::host {

/// Whoever read the standard output or the standard error has ended, as `head` does when it has seen enough.
class ClosedOutput : public ExternalError {
 public:
  explicit ClosedOutput(const std::string& message) : ExternalError(message, Retry::kNo) {}
};

}  // namespace weir::host
