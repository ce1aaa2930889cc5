#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/network.h"

#include "asio.h"
#include "control_loop.h"

namespace weir::host {

/// What TcpStream holds, and what goes on after it: the socket lives until its last bytes were sent.
///
/// The public calls are thread-safe. A writer sends by itself what the socket takes at once, so that nobody has to be
/// woken for it; everything else happens on the control thread. States: open, then either cut
/// (error, or dropped without close) or closing: queued bytes are sent, the write side is shut down, and what still
/// comes in is discarded until the peer is done too, since closing a socket with unread bytes would reset the
/// connection and take sent bytes away from the peer.
class TcpConnection final : public std::enable_shared_from_this<TcpConnection> {
 public:
  /// `socket`: of TCP, or one that another process is at the other end of.
  /// `flush_limit`: how long closing may go on without progress. Requires: `control` outlives the connection.
  TcpConnection(ControlLoop& control, stream_socket socket, std::chrono::milliseconds flush_limit);

  void start(ByteStream::Handler handler);
  void pause();
  void resume();
  void write(std::string bytes);
  void close();

  /// The stream is gone: unless it was closed, the connection is cut.
  void drop();

 private:
  static constexpr std::size_t kReadAtMost = 64 * 1024;
  static constexpr std::size_t kSendAtMost = 64 * 1024;

  void allow_direct(bool allowed);
  void send_at_once(std::string& bytes);
  void read_next();
  void on_read(const error_code& error, std::size_t size);
  void send_next();
  void on_sent(const error_code& error);
  void report_closed(const std::string& error);

  void begin_closing();
  void all_sent();
  void discard_what_is_there();
  void limit_standstill();
  void end_flush();
  void cut();

  template <class Work>
  void on_control_thread(Work work) {
    asio::post(control_.context(), [self = shared_from_this(), work = std::move(work)]() mutable { work(*self); });
  }

  ControlLoop& control_;
  std::atomic<bool> paused_{false};
  std::atomic<bool> closed_{false};  // by close() or drop(): no callback starts

  std::mutex mutex_;  // guards the next three
  std::vector<std::string> queued_;
  bool sending_by_loop_ = false;  // the control thread sends, or is about to
  bool direct_ = false;           // started and not at its end: writers may send by themselves

  // Control thread only from here on.
  stream_socket socket_;
  asio::steady_timer standstill_;
  const std::chrono::milliseconds flush_limit_;
  ByteStream::Handler handler_;
  std::unique_ptr<std::array<char, kReadAtMost>> read_buffer_;
  std::vector<std::string> sending_;
  bool started_ = false;
  std::optional<std::string> ended_early_;  // what start() has to report
  bool reading_ = false;
  bool input_ended_ = false;
  bool output_ended_ = false;
  bool closing_ = false;
  bool flushing_ = false;  // stop() of the control loop waits for it
  bool cut_ = false;
};

/// The user's end of a connection.
class TcpStream final : public ByteStream {
 public:
  TcpStream(ControlLoop& control, std::shared_ptr<TcpConnection> connection)
      : handle_(control), connection_(std::move(connection)) {}
  ~TcpStream() override { connection_->drop(); }

  void start(Handler handler) override { connection_->start(std::move(handler)); }
  void pause() override { connection_->pause(); }
  void resume() override { connection_->resume(); }
  void write(std::string bytes) override { connection_->write(std::move(bytes)); }
  void close() override { connection_->close(); }

 private:
  ControlLoop::Handle handle_;
  std::shared_ptr<TcpConnection> connection_;
};

}  // namespace weir::host
