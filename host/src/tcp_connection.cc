#include "tcp_connection.h"

#include <utility>

#include <sys/socket.h>

#include "weir/core/check.h"

#include "system_error.h"

namespace weir::host {

TcpConnection::TcpConnection(ControlLoop& control, stream_socket socket, std::chrono::milliseconds flush_limit)
    : control_(control), socket_(std::move(socket)), standstill_(control.context()), flush_limit_(flush_limit) {
  // Batches leave whole: waiting for more to send only delays them. A socket that is already dead refuses both
  // options, and its first read says why.
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
}

void TcpConnection::start(ByteStream::Handler handler) {
  on_control_thread([handler = std::move(handler)](TcpConnection& self) mutable {
    WEIR_CHECK(!self.started_);
    self.started_ = true;
    if (self.closed_) return;
    self.handler_ = std::move(handler);
    self.allow_direct(self.handler_.on_sent == nullptr);  // else the loop has to know when all is sent
    if (self.ended_early_) return self.report_closed(*self.ended_early_);
    self.read_next();
  });
}

void TcpConnection::pause() { paused_ = true; }

void TcpConnection::resume() {
  paused_ = false;
  on_control_thread([](TcpConnection& self) { self.read_next(); });
}

void TcpConnection::write(std::string bytes) {
  if (bytes.empty() || closed_) return;
  {
    const std::lock_guard lock(mutex_);
    if (direct_ && !sending_by_loop_) send_at_once(bytes);
    if (bytes.empty()) return;
    queued_.push_back(std::move(bytes));
    if (std::exchange(sending_by_loop_, true)) return;
  }
  on_control_thread([](TcpConnection& self) { self.send_next(); });
}

void TcpConnection::allow_direct(bool allowed) {
  const std::lock_guard lock(mutex_);
  direct_ = allowed;
}

void TcpConnection::send_at_once(std::string& bytes) {
  const ssize_t sent = uninterrupted(
      [&] { return ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL); });
  // What went wrong shows again when the control thread sends the rest.
  if (sent > 0) bytes.erase(0, static_cast<std::size_t>(sent));
}

void TcpConnection::close() {
  if (closed_.exchange(true)) return;
  on_control_thread([](TcpConnection& self) { self.begin_closing(); });
}

void TcpConnection::drop() {
  if (closed_.exchange(true)) return;
  on_control_thread([](TcpConnection& self) { self.cut(); });
}

void TcpConnection::read_next() {
  if (reading_ || input_ended_ || cut_) return;
  if (!closing_ && (!started_ || paused_ || closed_)) return;
  if (read_buffer_ == nullptr) read_buffer_ = std::make_unique<std::array<char, kReadAtMost>>();
  reading_ = true;
  socket_.async_read_some(asio::buffer(*read_buffer_),
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            self->reading_ = false;
                            self->on_read(error, size);
                          });
}

void TcpConnection::on_read(const error_code& error, std::size_t size) {
  if (cut_) return;
  if (size > 0 && !closed_)
    control_.call("ByteStream::Handler::on_bytes", [&] { handler_.on_bytes(std::string(read_buffer_->data(), size)); });
  if (!error) return read_next();

  input_ended_ = true;
  report_closed(error == asio::error::eof ? "" : error.message());
  if (closing_ && !flushing_) cut();
}

void TcpConnection::send_next() {
  if (!sending_.empty() || output_ended_ || cut_) return;
  {
    const std::lock_guard lock(mutex_);
    sending_.swap(queued_);
    sending_by_loop_ = !sending_.empty();
  }
  if (sending_.empty()) {
    if (closing_) all_sent();
    return;
  }
  std::vector<asio::const_buffer> buffers;
  buffers.reserve(sending_.size());
  for (const std::string& bytes : sending_) buffers.push_back(asio::buffer(bytes));
  asio::async_write(
      socket_, buffers,
      [self = shared_from_this()](const error_code& error, std::size_t sent) {
        // Asked before each piece how large it may be.
        if (sent > 0 && self->closing_) self->limit_standstill();
        return error ? std::size_t{0} : kSendAtMost;
      },
      [self = shared_from_this()](const error_code& error, std::size_t) { self->on_sent(error); });
}

void TcpConnection::on_sent(const error_code& error) {
  sending_.clear();
  if (cut_) return;
  if (!error) {
    send_next();
    if (sending_.empty() && !closed_ && handler_.on_sent)
      control_.call("ByteStream::Handler::on_sent", [&] { handler_.on_sent(); });
    return;
  }
  report_closed(error.message());
  cut();
}

void TcpConnection::report_closed(const std::string& error) {
  if (!started_) {
    ended_early_ = error;
    return;
  }
  const auto handler = std::exchange(handler_, {});
  if (handler.on_closed && !closed_) control_.call("ByteStream::Handler::on_closed", [&] { handler.on_closed(error); });
}

void TcpConnection::begin_closing() {
  if (cut_) return;
  handler_ = {};
  allow_direct(false);
  closing_ = true;
  flushing_ = true;
  control_.begin_flush();
  limit_standstill();
  read_next();
  send_next();
}

void TcpConnection::all_sent() {
  output_ended_ = true;
  error_code ignored;  // a peer that is gone already needs no end of input
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  if (control_.stopping()) discard_what_is_there();
  end_flush();
  if (input_ended_) return cut();
  limit_standstill();
}

void TcpConnection::discard_what_is_there() {
  constexpr int kReads = 64;  // a peer that sends without end must not hold us
  error_code error;
  socket_.non_blocking(true, error);
  for (int i = 0; i < kReads && !error && !input_ended_; ++i) socket_.read_some(asio::buffer(*read_buffer_), error);
}

void TcpConnection::limit_standstill() {
  standstill_.expires_after(flush_limit_);
  standstill_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->cut();
  });
}

void TcpConnection::end_flush() {
  if (std::exchange(flushing_, false)) control_.end_flush();
}

void TcpConnection::cut() {
  if (std::exchange(cut_, true)) return;
  handler_ = {};
  standstill_.cancel();
  allow_direct(false);
  error_code ignored;  // the descriptor is given back whatever close() says
  socket_.close(ignored);
  const std::lock_guard lock(mutex_);
  queued_.clear();
  end_flush();
}

}  // namespace weir::host
