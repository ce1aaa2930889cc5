#include "socket/socket_inbox.h"

#include <utility>

namespace weir::connectors {

void SocketInbox::connected(std::unique_ptr<ByteStream> stream, std::string error) {
  {
    const std::lock_guard lock(mutex_);
    connected_ = Connected{std::move(stream), std::move(error)};
  }
  notifier_.notify();
}

void SocketInbox::add(std::string bytes) {
  {
    const std::lock_guard lock(mutex_);
    waiting_ += bytes.size();
    pieces_.push_back(std::move(bytes));
    if (waiting_ >= kPauseAt && !paused_ && stream_ != nullptr) {
      paused_ = true;
      stream_->pause();
    }
  }
  notifier_.notify();
}

void SocketInbox::close(std::string error) {
  {
    const std::lock_guard lock(mutex_);
    closed_ = std::move(error);
  }
  notifier_.notify();
}

std::optional<SocketInbox::Connected> SocketInbox::take_connected() {
  const std::lock_guard lock(mutex_);
  return std::exchange(connected_, std::nullopt);
}

void SocketInbox::set_stream(ByteStream* stream) {
  const std::lock_guard lock(mutex_);
  stream_ = stream;
}

std::optional<std::string> SocketInbox::take() {
  const std::lock_guard lock(mutex_);
  if (pieces_.empty()) return std::nullopt;
  std::string piece = std::move(pieces_.front());
  pieces_.pop_front();
  waiting_ -= piece.size();
  if (paused_ && waiting_ <= kResumeAt && stream_ != nullptr) {
    paused_ = false;
    stream_->resume();
  }
  return piece;
}

std::optional<std::string> SocketInbox::take_closed() {
  const std::lock_guard lock(mutex_);
  return pieces_.empty() ? std::exchange(closed_, std::nullopt) : std::nullopt;
}

}  // namespace weir::connectors
