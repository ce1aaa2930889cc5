#pragma once

#include <string_view>

#include "weir/core/error.h"
#include "weir/core/forwarding_host.h"

namespace weir::connectors {

/// A world whose standard streams cannot be written.
class FullPipeHost final : public ForwardingHost {
 public:
  using ForwardingHost::ForwardingHost;

  void print(StandardStream, std::string_view) override {
    throw ExternalError("cannot write to the standard output: no space is left");
  }
};

}  // namespace weir::connectors
