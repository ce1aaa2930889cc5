#include "weir/cluster/conversation.h"

#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::cluster {

Conversation::Conversation(Host& host, std::unique_ptr<ByteStream> stream, HeartbeatLimits limits, Events events,
                           std::size_t largest)
    : host_(host),
      limits_(limits),
      largest_(largest),
      events_(std::move(events)),
      reader_(largest),
      last_heard_(host.monotonic_now()),
      last_answered_(last_heard_),
      stream_(std::move(stream)) {
  stream_->start({[this, alive = alive_](const std::string& bytes) {
                    if (*alive) on_bytes(bytes);
                  },
                  [this, alive = alive_](const std::string& why) {
                    if (*alive) end(why);
                  }});
  wait();
}

Conversation::~Conversation() { *alive_ = false; }

void Conversation::send(const Message& message) {
  if (*alive_) stream_->write(to_frame(encode_message(message), largest_));
}

void Conversation::close() {
  if (!std::exchange(*alive_, false)) return;
  timer_.reset();
  stream_->close();
}

void Conversation::on_bytes(const std::string& bytes) {
  const auto alive = alive_;
  last_heard_ = host_.monotonic_now();
  reader_.add(bytes);
  try {
    while (*alive) {
      const auto frame = reader_.next();
      if (!frame) return;
      Message message = decode_message(*frame);
      if (const auto* heartbeat = std::get_if<Heartbeat>(&message)) {
        on_heartbeat(*heartbeat);
        continue;
      }
      // A copy: the event may destroy this.
      const auto on_message = events_.on_message;
      on_message(std::move(message));
    }
  } catch (const ExternalError& error) {
    if (*alive) end(fmt::format("it sent {}", error.what()));
  }
}

void Conversation::on_heartbeat(const Heartbeat& heartbeat) {
  heard_ = heartbeat;
  while (!unanswered_.empty() && said_ - unanswered_.size() < heartbeat.answers) {
    last_answered_ = unanswered_.front();
    unanswered_.pop_front();
  }
}

void Conversation::end(const std::string& why) {
  *alive_ = false;
  timer_.reset();
  stream_.reset();
  const auto on_end = std::move(events_.on_end);
  on_end(why);
}

void Conversation::wait() {
  timer_ = host_.at(host_.monotonic_now() + limits_.interval, [this, alive = alive_] {
    if (*alive) tick();
  });
}

void Conversation::tick() {
  const auto silent = host_.monotonic_now() - last_heard_;
  if (silent >= limits_.silence)
    return end(fmt::format("nothing was heard for {} ms", std::chrono::floor<Duration>(silent).count()));
  unanswered_.push_back(host_.monotonic_now());
  send(Heartbeat{used_memory_, ++said_, heard_.number});
  wait();
}

}  // namespace weir::cluster
