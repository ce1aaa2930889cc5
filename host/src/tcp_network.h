#pragma once

#include <chrono>
#include <memory>

#include "weir/core/network.h"

#include "control_loop.h"

namespace weir::host {

/// TCP on Asio. Listening at an empty host means the loopback address. Requires: `control` outlives it.
class TcpNetwork final : public Network {
 public:
  TcpNetwork(ControlLoop& control, std::chrono::milliseconds flush_limit)
      : control_(control), flush_limit_(flush_limit) {}

  void connect(const Address& to, Connected done) override;
  std::unique_ptr<Listener> listen(const Address& at, Accepted accepted) override;

 private:
  ControlLoop& control_;
  const std::chrono::milliseconds flush_limit_;
};

}  // namespace weir::host
