#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "weir/core/fields.h"
#include "weir/core/network.h"

namespace weir::cluster {

/// The first frame of a connection between two processes of a job: who opened it, for which attempt.
struct ExchangeHello {
  std::string job;
  std::uint64_t attempt = 0;  ///< of the JobManager
  std::string secret;         ///< of that attempt
  std::uint64_t turn = 0;     ///< the leader's count of its attempts
  std::uint32_t process = 0;
};
WEIR_FIELDS(ExchangeHello, job, attempt, secret, turn, process);

/// One connection between two processes of a job. Behind the hello the bytes are an exchange's.
///
/// Thread: control loop, but for write(). Events come on the control loop, not from within start().
class ExchangeLink final : public std::enable_shared_from_this<ExchangeLink> {
 public:
  struct Events {
    std::function<void(std::string bytes)> on_bytes;
    std::function<void(const std::string& why)> on_closed;
  };

  explicit ExchangeLink(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {}

  /// One that this process has opened: says hello.
  void open(const ExchangeHello& hello);
  /// One that another has opened: `greeted` gets its hello, or nothing if it says something else. Once; not when the
  /// connection is closed before.
  void accept(std::function<void(std::optional<ExchangeHello>)> greeted);

  /// What has come, and what comes from now on, goes there, right now too. Without functions: it is dropped.
  void bind(Events events);

  /// Thread-safe.
  void write(std::string bytes) { stream_->write(std::move(bytes)); }

  static constexpr std::size_t kLargestHello = 4096;

 private:
  void start();
  void take(const std::string& bytes);
  void take_hello();

  std::unique_ptr<ByteStream> stream_;
  std::function<void(std::optional<ExchangeHello>)> greeted_;  ///< until it is told
  std::optional<Events> events_;
  std::string kept_;  ///< what came and went nowhere yet
  std::optional<std::string> closed_;
};

}  // namespace weir::cluster
