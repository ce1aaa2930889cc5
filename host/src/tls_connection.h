#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "weir/core/host.h"
#include "weir/core/network.h"

#include "tls_session.h"

namespace weir::host {

/// TLS over a stream: what TlsStream holds.
///
/// The public calls are thread-safe and do their part at once: write() encrypts, close() has the stream below closed.
/// What comes is decrypted on the control loop. Held by its owner alone, so that it ends with it.
class TlsConnection final : public std::enable_shared_from_this<TlsConnection> {
 public:
  /// Requires: `host` outlives it.
  TlsConnection(Host& host, std::unique_ptr<ByteStream> below, TlsSession session);

  /// `done` is called once on the control loop, not from within, with an empty text when the handshake is done, else
  /// with what went wrong. Once, before everything else.
  void shake_hands(std::function<void(const std::string& error)> done);

  // As ByteStream.
  void start(ByteStream::Handler handler);
  void pause();
  void resume();
  void write(std::string_view bytes);
  void close();

  /// The stream is gone: unless it was closed, the connection is cut.
  void drop();

 private:
  void received(const std::string& bytes);
  void closed_below(const std::string& error);
  void sent();
  void deliver();
  void flush_output();  // with mutex_
  template <class... Arguments>
  auto weakly(void (TlsConnection::*call)(Arguments...));

  Host& host_;
  std::atomic<bool> closed_{false};  // by close() or drop(): no callback starts

  std::mutex mutex_;  // guards what follows; never held while the user's functions run
  TlsSession session_;
  std::unique_ptr<ByteStream> below_;                   // null: dropped
  std::function<void(const std::string&)> shaken_;      // until the handshake is over
  std::shared_ptr<const ByteStream::Handler> handler_;  // null until start()
  std::optional<std::string> end_below_;                // how the stream below ended
  bool paused_ = false;
  bool ended_ = false;  // on_closed was told
};

/// The user's end of a connection whose handshake is done.
class TlsStream final : public ByteStream {
 public:
  explicit TlsStream(std::shared_ptr<TlsConnection> connection) : connection_(std::move(connection)) {}
  ~TlsStream() override { connection_->drop(); }

  void start(Handler handler) override { connection_->start(std::move(handler)); }
  void pause() override { connection_->pause(); }
  void resume() override { connection_->resume(); }
  void write(std::string bytes) override { connection_->write(bytes); }
  void close() override { connection_->close(); }

 private:
  std::shared_ptr<TlsConnection> connection_;
};

}  // namespace weir::host
