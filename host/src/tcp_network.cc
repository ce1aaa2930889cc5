#include "tcp_network.h"

#include <string>
#include <utility>

#include "weir/core/error.h"

#include "tcp_connection.h"
#include "tcp_listener.h"

namespace weir::host {
namespace {

/// The name in the abstract namespace of unix sockets.
asio::local::stream_protocol::endpoint unix_endpoint(std::string_view name) {
  return {std::string(1, '\0').append(name)};
}

/// One attempt to connect: resolves the name and tries its addresses one after the other. Control thread only.
class Connecting final : public std::enable_shared_from_this<Connecting> {
 public:
  Connecting(ControlLoop& control, std::chrono::milliseconds flush_limit, Network::Connected done)
      : control_(control),
        flush_limit_(flush_limit),
        resolver_(control.context()),
        socket_(control.context()),
        done_(std::move(done)) {}

  void start(const Address& to) {
    if (const auto name = unix_name(to)) return connect_here(*name);
    resolver_.async_resolve(
        to.host, std::to_string(to.port), tcp::resolver::numeric_service,
        [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& found) {
          if (error) return self->finish(error, std::move(self->socket_));
          asio::async_connect(self->socket_, found, [self](const error_code& connect_error, const tcp::endpoint&) {
            self->finish(connect_error, std::move(self->socket_));
          });
        });
  }

 private:
  void connect_here(std::string_view name) {
    const auto socket = std::make_shared<asio::local::stream_protocol::socket>(control_.context());
    socket->async_connect(unix_endpoint(name), [self = shared_from_this(), socket](const error_code& error) {
      self->finish(error, std::move(*socket));
    });
  }

  void finish(const error_code& error, stream_socket socket) {
    const auto done = std::exchange(done_, {});
    control_.call("Network::Connected", [&] {
      if (error) return done(nullptr, error.message());
      auto connection = std::make_shared<TcpConnection>(control_, std::move(socket), flush_limit_);
      done(std::make_unique<TcpStream>(control_, std::move(connection)), "");
    });
  }

  ControlLoop& control_;
  const std::chrono::milliseconds flush_limit_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  Network::Connected done_;
};

[[noreturn]] void throw_listen_error(const Address& at, const error_code& error) {
  std::string advice;
  if (error == asio::error::address_in_use) advice = "; choose another port, or end the process that has it";
  if (error == asio::error::access_denied) advice = "; ports below 1024 need a privilege, choose a higher one";
  throw ExternalError("cannot listen on " + to_string(at) + ": " + error.message() + advice);
}

/// An IPv4 address where the name has one, for that is what clients of "localhost" try at the latest.
tcp::endpoint endpoint_of(asio::io_context& context, const Address& at) {
  tcp::resolver resolver(context);
  error_code error;
  const auto found = resolver.resolve(at.host, std::to_string(at.port),
                                      tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error) throw_listen_error(at, error);
  for (const auto& entry : found)
    if (entry.endpoint().address().is_v4()) return entry.endpoint();
  return found.begin()->endpoint();
}

}  // namespace

void TcpNetwork::connect(const Address& to, Connected done) {
  auto connecting = std::make_shared<Connecting>(control_, flush_limit_, std::move(done));
  asio::post(control_.context(), [connecting, to] { connecting->start(to); });
}

std::unique_ptr<Listener> TcpNetwork::listen(const Address& at, Accepted accepted) {
  Address full{at.host.empty() ? "127.0.0.1" : at.host, at.port};
  stream_acceptor acceptor = unix_name(full) ? unix_acceptor(full) : tcp_acceptor(full);
  return std::make_unique<TcpListener>(
      control_,
      std::make_shared<TcpAcceptor>(control_, std::move(acceptor), std::move(full), flush_limit_, std::move(accepted)));
}

stream_acceptor TcpNetwork::tcp_acceptor(Address& at) {
  const tcp::endpoint endpoint = endpoint_of(control_.context(), at);
  tcp::acceptor acceptor(control_.context());
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) at.port = acceptor.local_endpoint(error).port();
  if (error) throw_listen_error(at, error);
  return acceptor;
}

stream_acceptor TcpNetwork::unix_acceptor(const Address& at) {
  asio::local::stream_protocol::acceptor acceptor(control_.context());
  error_code error;
  acceptor.open(asio::local::stream_protocol(), error);
  if (!error) acceptor.bind(unix_endpoint(*unix_name(at)), error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) throw_listen_error(at, error);
  return acceptor;
}

}  // namespace weir::host
