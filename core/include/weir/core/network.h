#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

struct Address {
  std::string host;  ///< or unix_host()
  std::uint16_t port = 0;
};

/// "host:port" for messages.
std::string to_string(const Address& address);

/// The host of a unix socket, whose port is 0: by a name that nobody else has, without a file (unix(7), "abstract"). It
/// is reached on its machine alone, and is gone with its process.
std::string unix_host(std::string_view name);
/// The name in a host of that kind; nothing for another.
std::optional<std::string_view> unix_name(const Address& address);

/// A connection's bytes, both ways, with callbacks.
///
/// Thread: calls are thread-safe; callbacks run on the host's control loop, one at a time, never
/// inside a call. After close() or destruction no callback starts.
class ByteStream {
 public:
  struct Handler {
    std::function<void(std::string bytes)> on_bytes;   ///< never empty
    std::function<void(std::string error)> on_closed;  ///< last call; empty error: the peer closed in order
    /// All that was written has left this process. Who waits for it before writing more keeps a bounded amount of
    /// memory for a peer that does not read. May be absent.
    std::function<void()> on_sent = {};
  };

  virtual ~ByteStream() = default;

  /// Starts delivering what arrives. Requires: called once.
  virtual void start(Handler handler) = 0;

  /// While paused no new read starts (at most one read's bytes still arrive): back-pressure to the peer.
  virtual void pause() = 0;
  virtual void resume() = 0;

  /// Queues bytes; they leave in order.
  virtual void write(std::string bytes) = 0;

  /// Sends what is queued, then closes.
  virtual void close() = 0;
};

/// Accepts connections until destroyed.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual Address address() const = 0;  ///< with the port that was chosen for port 0
};

/// TCP, and unix sockets. Thread-safe.
class Network {
 public:
  using Connected = std::function<void(std::unique_ptr<ByteStream> stream, std::string error)>;
  using Accepted = std::function<void(std::unique_ptr<ByteStream> stream)>;

  virtual ~Network() = default;

  /// Calls `done` on the control loop once: with a stream, or null and the reason ("Connection refused").
  virtual void connect(const Address& to, Connected done) = 0;

  /// Errors: ExternalError naming the address (port in use, not permitted).
  virtual std::unique_ptr<Listener> listen(const Address& at, Accepted accepted) = 0;
};

}  // namespace weir
