#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "weir/cluster/rest_server.h"
#include "weir/core/host.h"
#include "weir/core/network.h"

#include "http/message.h"
#include "http/parser.h"

namespace weir::cluster {

/// Where a body goes that is not to lie in memory. Control loop only.
class BodySink {
 public:
  virtual ~BodySink() = default;

  /// Takes the next bytes and calls `done` on the control loop, not from within; none come before that. An error ends
  /// the request: a UserError is the client's, any other ours.
  virtual void take(std::string bytes, std::function<void(std::exception_ptr)> done) = 0;
};

/// Calls come on the control loop; called once.
using Answer = std::function<void(HttpResponse)>;

/// What becomes of a request whose head has come.
struct Reception {
  std::optional<HttpResponse> refusal;  ///< answered at once
  std::uint64_t body_limit = 0;
  std::shared_ptr<BodySink> sink;  ///< null: the body becomes HttpRequest::body
  std::function<void(const HttpRequest&, Answer)> handle;

  static Reception refuse(HttpResponse response) { return {std::move(response), 0, nullptr, nullptr}; }
};

/// One client's connection: its requests one after the other, each answered before the next is read.
///
/// Slow clients are timed out, so that what a connection costs is bounded: the head, a body within its limit, and one
/// response. Thread: control loop only. Held by whoever wants it to live; callbacks keep it for as long as they run.
class HttpConnection final : public std::enable_shared_from_this<HttpConnection> {
 public:
  using Receive = std::function<Reception(const HttpRequest& head)>;

  /// `over` is called once when nothing more comes of the connection. Requires: `host` outlives it.
  HttpConnection(Host& host, const RestLimits& limits, std::unique_ptr<ByteStream> stream, Receive receive,
                 std::function<void(HttpConnection&)> over);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void start();

  /// Ends it without a word to `over`; a response that is written still goes out.
  void stop();

 private:
  enum class Phase : std::uint8_t {
    kIdle,      ///< between two requests
    kReading,   ///< a head or body is coming
    kStoring,   ///< the sink has a piece of the body
    kHandling,  ///< the answer is awaited
    kSending,   ///< the response is under way
    kOver,
  };

  void on_bytes(const std::string& bytes);
  void on_closed(const std::string& error);
  void read_on();
  bool read_some();
  void begin_request();
  void head_is_there();
  void body_is_there(std::string piece);
  void stored(std::exception_ptr error);
  void request_is_there();

  void answer(HttpResponse response);
  void refuse(int status, const std::string& message);
  void send(HttpResponse response);
  void send_next_piece();
  void on_sent();
  void response_is_sent();
  void end();

  void wait_at_most(std::chrono::milliseconds time, void (HttpConnection::*then)());
  void head_is_late();
  void body_is_late();
  void silently_late();
  template <class... Arguments>
  auto weakly(void (HttpConnection::*call)(Arguments...));

  Host& host_;
  const RestLimits limits_;
  std::unique_ptr<ByteStream> stream_;
  const Receive receive_;
  const std::function<void(HttpConnection&)> over_;

  Phase phase_ = Phase::kIdle;
  bool reading_on_ = false;  ///< read_on() is on the stack
  std::string inbox_;        ///< bytes that came and were not parsed
  std::optional<HttpParser> parser_;
  std::optional<Reception> reception_;
  std::uint64_t requests_ = 0;
  bool closes_ = false;       ///< after the response
  bool half_closed_ = false;  ///< the client sends no more
  std::optional<FileRange> sending_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace weir::cluster
