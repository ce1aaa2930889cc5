#include "http/connection.h"

#include <algorithm>
#include <utility>

#include "weir/core/check.h"
#include "weir/core/error.h"

#include "http/response_head.h"

namespace weir::cluster {
namespace {

constexpr std::size_t kPiece = 64 * 1024;  // of a file

}  // namespace

/// A callback that does nothing once the connection is gone, and keeps it while it runs.
template <class... Arguments>
auto HttpConnection::weakly(void (HttpConnection::*call)(Arguments...)) {
  return [weak = weak_from_this(), call](Arguments... arguments) {
    if (const auto self = weak.lock(); self && self->phase_ != Phase::kOver)
      ((*self).*call)(std::forward<Arguments>(arguments)...);
  };
}

HttpConnection::HttpConnection(Host& host, const RestLimits& limits, std::unique_ptr<ByteStream> stream,
                               Receive receive, std::function<void(HttpConnection&)> over)
    : host_(host), limits_(limits), stream_(std::move(stream)), receive_(std::move(receive)), over_(std::move(over)) {}

void HttpConnection::start() {
  wait_at_most(limits_.head_time, &HttpConnection::silently_late);
  stream_->start({.on_bytes = weakly(&HttpConnection::on_bytes),
                  .on_closed = weakly(&HttpConnection::on_closed),
                  .on_sent = weakly(&HttpConnection::on_sent)});
}

void HttpConnection::stop() {
  if (phase_ == Phase::kSending && !sending_) stream_->close();
  phase_ = Phase::kOver;
}

// ---- Reading.

void HttpConnection::on_bytes(const std::string& bytes) {
  inbox_ += bytes;
  read_on();
}

void HttpConnection::on_closed(const std::string& error) {
  half_closed_ = true;
  // A client that has no more to say may still wait for its answer. Nobody tells any more how fast it reads: a file,
  // which would have to wait for that, ends here.
  const bool answers = error.empty() && (phase_ == Phase::kHandling || phase_ == Phase::kSending);
  if (!answers || sending_) return end();
  closes_ = true;
  if (phase_ == Phase::kSending) response_is_sent();
}

void HttpConnection::read_on() {
  // An answer that comes from within read_some() lets its caller go on.
  if (std::exchange(reading_on_, true)) return;
  while (read_some()) {
  }
  reading_on_ = false;
}

/// Whether there may be more to read.
bool HttpConnection::read_some() {
  if ((phase_ != Phase::kIdle && phase_ != Phase::kReading) || inbox_.empty()) return false;
  if (phase_ == Phase::kIdle) begin_request();
  const std::size_t used = parser_->put(inbox_);
  inbox_.erase(0, used);
  if (const auto& failure = parser_->failure()) {
    refuse(failure->status, failure->message);
    return false;
  }
  if (parser_->head_complete() && !reception_) {
    head_is_there();
    return true;
  }
  if (reception_) {
    if (std::string piece = parser_->take_body(); !piece.empty()) {
      body_is_there(std::move(piece));
    } else if (parser_->complete()) {
      request_is_there();
    }
  }
  return used > 0;
}

void HttpConnection::begin_request() {
  phase_ = Phase::kReading;
  ++requests_;
  parser_.emplace(limits_.head);
  reception_.reset();
  wait_at_most(limits_.head_time, &HttpConnection::head_is_late);
}

void HttpConnection::head_is_there() {
  HttpRequest& request = parser_->request();
  auto target = HttpTarget::parse(request.raw_target);
  if (!target) return refuse(400, "malformed path: it must begin with '/' and stay below it");
  request.target = *std::move(target);
  reception_ = receive_(request);
  const auto length = parser_->content_length();
  if (reception_->refusal) {
    closes_ = !parser_->complete() || !parser_->keeps_alive();
    return answer(*std::move(reception_->refusal));
  }
  if (length && *length > reception_->body_limit) return refuse(413, "the request's body is too long");
  if (parser_->complete()) return request_is_there();
  parser_->limit_body(reception_->body_limit);
  wait_at_most(reception_->sink ? limits_.program_time : limits_.body_time, &HttpConnection::body_is_late);
  if (parser_->expects_continue()) stream_->write("HTTP/1.1 100 Continue\r\n\r\n");
}

void HttpConnection::body_is_there(std::string piece) {
  if (!reception_->sink) {
    parser_->request().body += piece;
    if (parser_->complete()) request_is_there();
    return;
  }
  phase_ = Phase::kStoring;
  stream_->pause();
  reception_->sink->take(std::move(piece), weakly(&HttpConnection::stored));
}

void HttpConnection::stored(std::exception_ptr error) {
  if (phase_ != Phase::kStoring) return;  // late
  phase_ = Phase::kReading;
  if (error) {
    try {
      std::rethrow_exception(error);
    } catch (const UserError& wrong) {
      return refuse(400, wrong.what());
    } catch (const std::exception& wrong) {
      return refuse(500, wrong.what());
    }
  }
  stream_->resume();
  if (parser_->complete()) request_is_there();
  read_on();
}

void HttpConnection::request_is_there() {
  phase_ = Phase::kHandling;
  timer_.reset();
  stream_->pause();
  closes_ = half_closed_ || !parser_->keeps_alive();
  const auto handle = reception_->handle;
  handle(parser_->request(), [weak = weak_from_this(), request = requests_](HttpResponse response) {
    const auto self = weak.lock();
    if (self && self->phase_ == Phase::kHandling && self->requests_ == request) self->answer(std::move(response));
  });
}

// ---- Answering.

void HttpConnection::refuse(int status, const std::string& message) {
  closes_ = true;
  answer(error_response(status, message));
}

void HttpConnection::answer(HttpResponse response) {
  WEIR_CHECK(phase_ == Phase::kReading || phase_ == Phase::kHandling, static_cast<int>(phase_));
  phase_ = Phase::kSending;
  stream_->pause();
  send(std::move(response));
}

void HttpConnection::send(HttpResponse response) {
  std::string bytes = response_head(response, closes_ ? AfterResponse::kCloses : AfterResponse::kStays);
  if (parser_->request().method != HttpMethod::kHead && response.status != 304) {
    bytes += response.body;
    sending_ = std::move(response.file);
  }
  wait_at_most(limits_.standstill_time, &HttpConnection::end);
  stream_->write(std::move(bytes));
  if (half_closed_) sending_ ? end() : response_is_sent();
}

void HttpConnection::on_sent() {
  if (phase_ != Phase::kSending) return;
  if (sending_ && sending_->size > 0) {
    send_next_piece();
  } else {
    response_is_sent();
  }
}

void HttpConnection::send_next_piece() {
  const auto piece = std::make_shared<std::string>();
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(sending_->size, kPiece));
  timer_.reset();
  host_.blocking(
      [file = sending_->file, offset = sending_->offset, size, piece] {
        piece->resize(size);
        piece->resize(file->read_at(offset, piece->data(), size));
      },
      [weak = weak_from_this(), size, piece](std::exception_ptr error) {
        const auto self = weak.lock();
        if (!self || self->phase_ != Phase::kSending) return;
        // A file that became shorter cannot be what the head promised: the client must not take it for whole.
        if (error || piece->size() != size) return self->end();
        self->sending_->offset += size;
        self->sending_->size -= size;
        self->wait_at_most(self->limits_.standstill_time, &HttpConnection::end);
        self->stream_->write(std::move(*piece));
      });
}

void HttpConnection::response_is_sent() {
  sending_.reset();
  reception_.reset();
  if (closes_) {
    stream_->close();
    return end();
  }
  phase_ = Phase::kIdle;
  wait_at_most(limits_.idle_time, &HttpConnection::silently_late);
  stream_->resume();
  read_on();
}

void HttpConnection::end() {
  if (std::exchange(phase_, Phase::kOver) == Phase::kOver) return;
  const auto self = shared_from_this();
  timer_.reset();
  reception_.reset();
  sending_.reset();
  over_(*this);
}

// ---- Waiting.

void HttpConnection::wait_at_most(std::chrono::milliseconds time, void (HttpConnection::*then)()) {
  timer_ = host_.at(host_.monotonic_now() + time, weakly(then));
}

void HttpConnection::head_is_late() { refuse(408, "the request did not come in time"); }

void HttpConnection::body_is_late() {
  if (phase_ == Phase::kStoring) phase_ = Phase::kReading;  // what the sink has is of no use any more
  refuse(408, "the request's body did not come in time");
}

void HttpConnection::silently_late() {
  stream_->close();
  end();
}

}  // namespace weir::cluster
