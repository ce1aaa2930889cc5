#include "tls_connection.h"

#include <utility>

#include "weir/core/check.h"

namespace weir::host {

using Outcome = TlsSession::Outcome;

TlsConnection::TlsConnection(Host& host, std::unique_ptr<ByteStream> below, TlsSession session)
    : host_(host), session_(std::move(session)), below_(std::move(below)) {}

template <class... Arguments>
auto TlsConnection::weakly(void (TlsConnection::*call)(Arguments...)) {
  return [weak = weak_from_this(), call](Arguments... arguments) {
    if (const auto self = weak.lock()) ((*self).*call)(std::forward<Arguments>(arguments)...);
  };
}

void TlsConnection::shake_hands(std::function<void(const std::string&)> done) {
  const std::lock_guard lock(mutex_);
  shaken_ = std::move(done);
  session_.handshake();  // for one that connects: what it begins with
  below_->start({weakly(&TlsConnection::received), weakly(&TlsConnection::closed_below), weakly(&TlsConnection::sent)});
  flush_output();
}

void TlsConnection::received(const std::string& bytes) {
  std::unique_lock lock(mutex_);
  // What a peer says behind its end is nobody's, and must not pile up.
  if (below_ == nullptr || ended_) return;
  session_.input(bytes);
  if (!shaken_) {
    lock.unlock();
    return deliver();
  }
  const Outcome outcome = session_.handshake();
  flush_output();
  if (outcome == Outcome::kMore) return;
  if (outcome == Outcome::kDone) {
    below_->pause();  // until start()
  } else {
    below_->close();
  }
  const auto shaken = std::exchange(shaken_, nullptr);
  const std::string error = session_.failure();
  lock.unlock();
  shaken(error);
}

void TlsConnection::closed_below(const std::string& error) {
  std::unique_lock lock(mutex_);
  end_below_ = error;
  if (!shaken_) {
    lock.unlock();
    return deliver();
  }
  const auto shaken = std::exchange(shaken_, nullptr);
  lock.unlock();
  shaken(error.empty() ? "the connection ended within the handshake; do both sides speak TLS?" : error);
}

void TlsConnection::deliver() {
  std::shared_ptr<const ByteStream::Handler> handler;
  std::string bytes;
  std::string error;
  bool ended = false;
  {
    const std::lock_guard lock(mutex_);
    if (below_ == nullptr || handler_ == nullptr) return;
    handler = handler_;
    const Outcome outcome = session_.read(bytes);
    flush_output();
    if (outcome == Outcome::kFailed) {
      error = session_.failure();
      below_->close();
    } else if (outcome == Outcome::kMore && end_below_) {
      error =
          end_below_->empty() ? "the connection ended without the end of TLS: it may have been cut off" : *end_below_;
    }
    ended = outcome != Outcome::kMore || end_below_;
    ended_ = ended;
    if (ended) handler_.reset();
  }
  if (!bytes.empty() && !closed_) handler->on_bytes(std::move(bytes));
  if (ended && !closed_ && handler->on_closed) handler->on_closed(std::move(error));
}

void TlsConnection::sent() {
  std::shared_ptr<const ByteStream::Handler> handler;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    handler = handler_;
  }
  if (handler != nullptr && handler->on_sent && !closed_) handler->on_sent();
}

void TlsConnection::flush_output() {
  if (std::string bytes = session_.output(); !bytes.empty()) below_->write(std::move(bytes));
}

void TlsConnection::start(ByteStream::Handler handler) {
  const std::lock_guard lock(mutex_);
  WEIR_CHECK(handler_ == nullptr);
  if (below_ == nullptr) return;
  handler_ = std::make_shared<const ByteStream::Handler>(std::move(handler));
  // The first of it may have come together with the end of the handshake.
  host_.post(weakly(&TlsConnection::deliver));
  if (!paused_) below_->resume();
}

void TlsConnection::pause() {
  const std::lock_guard lock(mutex_);
  paused_ = true;
  if (below_ != nullptr) below_->pause();
}

void TlsConnection::resume() {
  const std::lock_guard lock(mutex_);
  paused_ = false;
  if (below_ != nullptr && handler_ != nullptr) below_->resume();
}

void TlsConnection::write(std::string_view bytes) {
  constexpr std::size_t kPiece = 256 * 1024;  // what is held twice
  if (bytes.empty() || closed_) return;
  const std::lock_guard lock(mutex_);
  for (; !bytes.empty() && below_ != nullptr; bytes.remove_prefix(std::min(kPiece, bytes.size()))) {
    if (!session_.write(bytes.substr(0, kPiece))) return host_.post(weakly(&TlsConnection::deliver));
    flush_output();
  }
}

void TlsConnection::close() {
  if (closed_.exchange(true)) return;
  std::shared_ptr<const ByteStream::Handler> handler;
  {
    const std::lock_guard lock(mutex_);
    session_.end();
    flush_output();
    below_->close();
    handler.swap(handler_);
  }
  // What it holds may hold the stream.
  host_.post([handler = std::move(handler)] {});
}

void TlsConnection::drop() {
  closed_ = true;
  std::unique_ptr<ByteStream> below;
  std::shared_ptr<const ByteStream::Handler> handler;
  {
    const std::lock_guard lock(mutex_);
    below.swap(below_);
    handler.swap(handler_);
  }
  if (handler != nullptr) host_.post([handler = std::move(handler)] {});
}

}  // namespace weir::host
