#include "socket/socket_reader.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/core/text.h"

namespace weir::connectors {

namespace {

std::string peer(const SocketOptions& options) { return to_string(Address{options.host, options.port}); }

/// The position of text that ended: whoever goes on does not connect again.
constexpr std::string_view kClosed = "closed";

LineSplitter::Options cutting(const SocketOptions& options) {
  LineSplitter::Options cutting;
  cutting.where = fmt::format("text from {}", peer(options));
  cutting.delimiter = options.delimiter;
  cutting.max_line = options.max_line;
  return cutting;
}

}  // namespace

SocketReader::SocketReader(SocketOptions options)
    : options_(std::move(options)), retries_left_(options_.retries), splitter_(cutting(options_)) {}

SocketReader::~SocketReader() {
  if (inbox_ != nullptr) inbox_->set_stream(nullptr);
}

void SocketReader::open(const OperatorContext& context) {
  host_ = context.host;
  notifier_ = context.notifier;
}

void SocketReader::add_split(const Split& split, SplitIndex index) {
  split_ = split;
  index_ = index;
  if (split.position.empty()) return connect();
  if (split.position != kClosed)
    throw CorruptionError(
        fmt::format("the text from {} has the position '{}', which is none", peer(options_), split.position));
  state_ = State::kClosedBefore;
}

std::vector<Split> SocketReader::splits() const {
  if (split_.id.empty()) return {};
  return {split_};
}

Poll SocketReader::poll(Outputs& out) {
  switch (state_) {
    case State::kClosedBefore:
      state_ = State::kEnded;
      out.split(index_, SplitEvent::kFinished);
      return Poll::kMore;
    case State::kNoSplit:
    case State::kEnded:
      return no_more_ ? Poll::kExhausted : Poll::kWait;
    case State::kWaitingToRetry:
      if (host_->monotonic_now() >= retry_at_) connect();
      return Poll::kWait;
    case State::kConnecting:
      look_at_connection();
      return state_ == State::kReading ? Poll::kMore : Poll::kWait;
    case State::kReading:
      return read(out);
  }
  return Poll::kWait;
}

void SocketReader::connect() {
  state_ = State::kConnecting;
  inbox_ = std::make_shared<SocketInbox>(notifier_);
  host_->network().connect({options_.host, options_.port},
                           [inbox = inbox_](std::unique_ptr<ByteStream> stream, std::string error) {
                             inbox->connected(std::move(stream), std::move(error));
                           });
}

void SocketReader::look_at_connection() {
  auto connected = inbox_->take_connected();
  if (!connected) return;
  if (connected->stream != nullptr) {
    state_ = State::kReading;
    stream_ = std::move(connected->stream);
    inbox_->set_stream(stream_.get());
    stream_->start({[inbox = inbox_](std::string bytes) { inbox->add(std::move(bytes)); },
                    [inbox = inbox_](std::string error) { inbox->close(std::move(error)); }});
    return;
  }
  if (retries_left_ == 0)
    throw ExternalError(fmt::format(
        "cannot connect to {}: {}{}: start a server there, or give another address", peer(options_), connected->error,
        options_.retries == 0 ? "" : fmt::format(" (tried {} times)", options_.retries + 1)));
  --retries_left_;
  state_ = State::kWaitingToRetry;
  retry_at_ = host_->monotonic_now() + options_.retry_delay;
  retry_timer_ = host_->at(retry_at_, [notifier = notifier_] { notifier.notify(); });
}

Poll SocketReader::read(Outputs& out) {
  auto& port = out.port<Text>(0);
  port.set_split(index_);
  while (!port.full()) {
    if (const auto line = splitter_.next()) {
      port.emit(Text(line->text), kNoTimestamp);
    } else if (closed_) {
      state_ = State::kEnded;
      split_.position = kClosed;
      stream_.reset();
      out.split(index_, SplitEvent::kFinished);
      return Poll::kMore;
    } else if (!refill()) {
      return Poll::kWait;
    }
  }
  return Poll::kMore;
}

bool SocketReader::refill() {
  if (auto piece = inbox_->take()) {
    splitter_.feed(std::move(*piece));
    return true;
  }
  const auto closed = inbox_->take_closed();
  if (!closed) return false;
  if (!closed->empty()) throw ExternalError(fmt::format("the connection to {} broke: {}", peer(options_), *closed));
  closed_ = true;
  inbox_->set_stream(nullptr);
  splitter_.end();
  return true;
}

}  // namespace weir::connectors
