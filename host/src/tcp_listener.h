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
  /// `at`: where it listens, for messages. Requires: `acceptor` listens; `control` outlives this.
  TcpAcceptor(ControlLoop& control, stream_acceptor acceptor, Address at, std::chrono::milliseconds flush_limit,
              Network::Accepted accepted);

  const Address& at() const { return at_; }
  void accept_next();

  /// Gives the port back before it returns.
  void close();

 private:
  void on_accepted(const error_code& error, stream_socket socket);
  void accept_later(const error_code& why);
  bool closed();

  ControlLoop& control_;
  const std::chrono::milliseconds flush_limit_;
  const Address at_;
  const Network::Accepted accepted_;

  std::mutex mutex_;  // guards what follows
  stream_acceptor acceptor_;
  asio::steady_timer later_;
};

class TcpListener final : public Listener {
 public:
  TcpListener(ControlLoop& control, std::shared_ptr<TcpAcceptor> acceptor)
      : handle_(control), acceptor_(std::move(acceptor)) {
    acceptor_->accept_next();
  }
  ~TcpListener() override { acceptor_->close(); }

  Address address() const override { return acceptor_->at(); }

 private:
  ControlLoop::Handle handle_;
  std::shared_ptr<TcpAcceptor> acceptor_;
};

}  // namespace weir::host
