#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "weir/core/network.h"
#include "weir/core/notifier.h"

namespace weir::connectors {

/// What lies between a connection's callbacks and the task that reads it. Shared by both; thread-safe.
///
/// It never owns the stream whose callbacks fill it, so that no callback can destroy its own stream.
class SocketInbox {
 public:
  /// How an attempt to connect ended.
  struct Connected {
    std::unique_ptr<ByteStream> stream;  ///< null: failed
    std::string error;
  };

  explicit SocketInbox(Notifier notifier) : notifier_(std::move(notifier)) {}

  /// Control loop: the attempt to connect has ended.
  void connected(std::unique_ptr<ByteStream> stream, std::string error);

  /// Control loop: bytes arrived. Pauses the stream when enough waits.
  void add(std::string bytes);

  /// Control loop: no bytes will follow; empty error: in order.
  void close(std::string error);

  /// Task: how the attempt ended, once.
  std::optional<Connected> take_connected();

  /// Task: the stream to pause and resume; null before it goes away.
  void set_stream(ByteStream* stream);

  /// Task: the next bytes, in order; none: nothing there. Resumes the stream when little waits.
  std::optional<std::string> take();

  /// Task: after take() gave nothing: why there will be nothing, once.
  std::optional<std::string> take_closed();

 private:
  static constexpr std::size_t kPauseAt = 1024 * 1024;
  static constexpr std::size_t kResumeAt = kPauseAt / 2;

  Notifier notifier_;
  std::mutex mutex_;  ///< guards all that follows
  std::optional<Connected> connected_;
  ByteStream* stream_ = nullptr;
  std::deque<std::string> pieces_;
  std::size_t waiting_ = 0;  ///< bytes in pieces_
  bool paused_ = false;
  std::optional<std::string> closed_;
};

}  // namespace weir::connectors
