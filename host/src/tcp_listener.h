#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "weir/core/network.h"

#include "asio.h"
#include "control_loop.h"

namespace weir::host {

/// Accepts one connection after the other until closed. Thread-safe.
class TcpAcceptor final : public std::enable_shared_from_this<TcpAcceptor> {
 public:
  /// Requires: `acceptor` listens; `control` outlives this.
  TcpAcceptor(ControlLoop& control, tcp::acceptor acceptor, std::chrono::milliseconds flush_limit,
              Network::Accepted accepted);

  std::uint16_t port() const { return port_; }
  void accept_next();

  /// Gives the port back before it returns.
  void close();

 private:
  void on_accepted(const error_code& error, tcp::socket socket);
  void accept_later(const error_code& why);
  bool closed();

  ControlLoop& control_;
  const std::chrono::milliseconds flush_limit_;
  const std::uint16_t port_;
  const Network::Accepted accepted_;

  std::mutex mutex_;  // guards what follows
  tcp::acceptor acceptor_;
  asio::steady_timer later_;
};

class TcpListener final : public Listener {
 public:
  TcpListener(ControlLoop& control, std::shared_ptr<TcpAcceptor> acceptor, std::string host)
      : handle_(control), acceptor_(std::move(acceptor)), address_{std::move(host), acceptor_->port()} {
    acceptor_->accept_next();
  }
  ~TcpListener() override { acceptor_->close(); }

  Address address() const override { return address_; }

 private:
  ControlLoop::Handle handle_;
  std::shared_ptr<TcpAcceptor> acceptor_;
  const Address address_;
};

}  // namespace weir::host
