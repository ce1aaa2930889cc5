#pragma once

#include <chrono>
#include <memory>

#include "weir/core/network.h"

#include "asio.h"
#include "control_loop.h"

namespace weir::host {

/// TCP and unix sockets on Asio. Listening at an empty host means the loopback address. Requires: `control` outlives
/// it.
class TcpNetwork final : public Network {
 public:
  TcpNetwork(ControlLoop& control, std::chrono::milliseconds flush_limit)
      : control_(control), flush_limit_(flush_limit) {}

  void connect(const Address& to, Connected done) override;
  std::unique_ptr<Listener> listen(const Address& at, Accepted accepted) override;

 private:
  /// Both listen. Into `at` goes the port that was chosen.
  stream_acceptor tcp_acceptor(Address& at);
  stream_acceptor unix_acceptor(const Address& at);

  ControlLoop& control_;
  const std::chrono::milliseconds flush_limit_;
};

}  // namespace weir::host
