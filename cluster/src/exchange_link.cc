#include "weir/cluster/exchange_link.h"

#include <utility>

#include "weir/core/codec.h"
#include "weir/core/error.h"
#include "weir/core/frames.h"

namespace weir::cluster {

void ExchangeLink::open(const ExchangeHello& hello) {
  start();
  std::string bytes;
  encode_value(hello, bytes);
  write(to_frame(bytes, kLargestHello));
}

void ExchangeLink::accept(std::function<void(std::optional<ExchangeHello>)> greeted) {
  greeted_ = std::move(greeted);
  start();
}

void ExchangeLink::start() {
  stream_->start({[weak = weak_from_this()](const std::string& bytes) {
                    if (const auto self = weak.lock()) self->take(bytes);
                  },
                  [weak = weak_from_this()](const std::string& why) {
                    const auto self = weak.lock();
                    if (self == nullptr) return;
                    self->closed_ = why;
                    if (self->events_ && self->events_->on_closed) self->events_->on_closed(why);
                  }});
}

void ExchangeLink::take(const std::string& bytes) {
  if (events_) {
    if (events_->on_bytes) events_->on_bytes(bytes);
    return;
  }
  kept_ += bytes;
  if (greeted_) take_hello();
}

void ExchangeLink::take_hello() {
  std::optional<ExchangeHello> hello;
  try {
    FrameReader reader(kLargestHello);
    reader.add(kept_);
    const auto frame = reader.next();
    if (!frame) return;
    hello = decode_value<ExchangeHello>(*frame);
    kept_.erase(0, to_frame(*frame, kLargestHello).size());
  } catch (const Error&) {
    kept_.clear();  // nothing that is one of ours
  }
  std::exchange(greeted_, nullptr)(std::move(hello));
}

void ExchangeLink::bind(Events events) {
  events_ = std::move(events);
  if (!kept_.empty()) take(std::exchange(kept_, {}));
  if (closed_ && events_->on_closed) events_->on_closed(*closed_);
}

}  // namespace weir::cluster
