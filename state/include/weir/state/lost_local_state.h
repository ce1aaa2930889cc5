#pragma once

#include <string>

#include "weir/core/error.h"

namespace weir::state {

/// The directory of an attempt's cold stores has gone: none of them can keep anything any more, and only another
/// attempt gets a new one.
class LostLocalState : public ExternalError {
 public:
  explicit LostLocalState(const std::string& message) : ExternalError(message) {}
};

}  // namespace weir::state
