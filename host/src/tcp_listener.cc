#include "tcp_listener.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "tcp_connection.h"

namespace weir::host {

TcpAcceptor::TcpAcceptor(ControlLoop& control, stream_acceptor acceptor, Address at,
                         std::chrono::milliseconds flush_limit, Network::Accepted accepted)
    : control_(control),
      flush_limit_(flush_limit),
      at_(std::move(at)),
      accepted_(std::move(accepted)),
      acceptor_(std::move(acceptor)),
      later_(control.context()) {}

void TcpAcceptor::accept_next() {
  const std::lock_guard lock(mutex_);
  if (!acceptor_.is_open()) return;
  acceptor_.async_accept([self = shared_from_this()](const error_code& error, stream_socket socket) {
    self->on_accepted(error, std::move(socket));
  });
}

void TcpAcceptor::close() {
  const std::lock_guard lock(mutex_);
  error_code ignored;  // the descriptor is given back whatever close() says
  acceptor_.close(ignored);
  later_.cancel();
}

void TcpAcceptor::on_accepted(const error_code& error, stream_socket socket) {
  if (closed()) return;
  if (error == asio::error::connection_aborted) return accept_next();  // the peer gave up while it was queued
  if (error) return accept_later(error);
  control_.call("Network::Accepted", [&] {
    auto connection = std::make_shared<TcpConnection>(control_, std::move(socket), flush_limit_);
    accepted_(std::make_unique<TcpStream>(control_, std::move(connection)));
  });
  accept_next();
}

void TcpAcceptor::accept_later(const error_code& why) {
  // Out of descriptors or memory: trying again at once would take a whole core and help nobody.
  constexpr std::chrono::milliseconds kDelay{100};
  spdlog::warn("cannot accept connections on {}: {}; trying again", to_string(at_), why.message());
  const std::lock_guard lock(mutex_);
  later_.expires_after(kDelay);
  later_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->accept_next();
  });
}

bool TcpAcceptor::closed() {
  const std::lock_guard lock(mutex_);
  return !acceptor_.is_open();
}

}  // namespace weir::host
