#include <future>
#include <memory>
#include <utility>

#include "weir/cluster/http_client.h"

// Asio is compiled in host.
#ifndef BOOST_ASIO_SEPARATE_COMPILATION
#define BOOST_ASIO_SEPARATE_COMPILATION
#endif
#ifndef BOOST_ASIO_NO_DEPRECATED
#define BOOST_ASIO_NO_DEPRECATED
#endif
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::cluster {
namespace {

namespace http = boost::beast::http;

constexpr std::uint64_t kMostBody = 256ULL * 1024 * 1024;

std::string text_of(const Address& to, const HttpCall& call) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
                                 call.method, call.target, to_string(to), call.body.size());
  if (!call.token.empty()) text += fmt::format("Authorization: Bearer {}\r\n", call.token);
  if (!call.content_type.empty()) text += fmt::format("Content-Type: {}\r\n", call.content_type);
  return text + "\r\n" + call.body;
}

/// One call under way. Control loop only, but for its future.
class Calling final : public std::enable_shared_from_this<Calling> {
 public:
  Calling(Host& host, Address to, Duration silence) : host_(host), to_(std::move(to)), silence_(silence) {
    parser_.eager(true);
    parser_.body_limit(kMostBody);
  }

  std::future<HttpReply> reply() { return reply_.get_future(); }

  void start(std::string text) {
    wait();
    host_.network().connect(to_, [self = shared_from_this(), text = std::move(text)](std::unique_ptr<ByteStream> stream,
                                                                                     const std::string& error) mutable {
      if (stream == nullptr) return self->fail(fmt::format("nobody answers at {}: {}", to_string(self->to_), error));
      if (self->over_) return;
      self->stream_ = std::move(stream);
      self->stream_->start({[self](const std::string& bytes) { self->on_bytes(bytes); },
                            [self](const std::string& why) { self->on_closed(why); }});
      self->stream_->write(std::move(text));
    });
  }

 private:
  void wait() {
    timer_ = host_.at(host_.monotonic_now() + silence_, [self = shared_from_this()] {
      self->fail(fmt::format("{} says nothing for {} ms", to_string(self->to_), self->silence_.count()));
    });
  }

  void on_bytes(const std::string& bytes) {
    if (over_) return;
    wait();
    unread_ += bytes;
    boost::system::error_code error;
    const std::size_t taken = parser_.put(boost::asio::buffer(unread_), error);
    unread_.erase(0, taken);
    if (error && error != http::error::need_more) return fail(what_is_said() + error.message());
    if (parser_.is_done()) finish();
  }

  void on_closed(const std::string& why) {
    if (over_) return;
    boost::system::error_code error;
    parser_.put_eof(error);
    if (error || !parser_.is_done()) return fail(what_is_said() + (why.empty() ? "the connection ended early" : why));
    finish();
  }

  std::string what_is_said() const { return fmt::format("{} does not answer as a JobManager does: ", to_string(to_)); }

  void finish() {
    end([this] { reply_.set_value({static_cast<int>(parser_.get().result_int()), parser_.get().body()}); });
  }

  void fail(const std::string& why) {
    end([&] { reply_.set_exception(std::make_exception_ptr(ExternalError(why))); });
  }

  template <class Tell>
  void end(Tell tell) {
    if (std::exchange(over_, true)) return;
    // What they hold holds this. They end before the reply is told, for then the host may go.
    const auto self = shared_from_this();
    timer_.reset();
    if (stream_ != nullptr) stream_->close();
    stream_.reset();
    tell();
  }

  Host& host_;
  const Address to_;
  const Duration silence_;
  std::promise<HttpReply> reply_;
  http::response_parser<http::string_body> parser_;
  std::string unread_;
  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<Timer> timer_;
  bool over_ = false;
};

}  // namespace

HttpReply http_call(Host& host, const Address& to, const HttpCall& call, Duration silence) {
  auto calling = std::make_shared<Calling>(host, to, silence);
  auto reply = calling->reply();
  host.post([calling = std::move(calling), text = text_of(to, call)]() mutable { calling->start(std::move(text)); });
  return reply.get();
}

}  // namespace weir::cluster
