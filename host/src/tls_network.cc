#include "tls_network.h"

#include <atomic>
#include <utility>

#include <fmt/format.h>

namespace weir::host {
namespace {

/// Handshakes at a time; the oldest gives way.
constexpr std::size_t kMostUnderWay = 256;

/// What a listener and the connections that come to it know of each other.
struct Door {
  Network::Accepted accepted;
  std::atomic<std::uint16_t> port{0};
  std::atomic<bool> open{true};
};

class TlsListener final : public Listener {
 public:
  TlsListener(std::unique_ptr<Listener> below, std::shared_ptr<Door> door)
      : below_(std::move(below)), door_(std::move(door)) {
    door_->port = below_->address().port;
  }
  ~TlsListener() override { door_->open = false; }

  Address address() const override { return below_->address(); }

 private:
  std::unique_ptr<Listener> below_;
  std::shared_ptr<Door> door_;
};

}  // namespace

TlsHandshakes::TlsHandshakes(Host& host, const TlsOptions& options)
    : host_(host), options_(options), context_(make_tls_context(options)) {}

void TlsHandshakes::begin(std::unique_ptr<ByteStream> below, TlsSession::Side side, const std::string& peer,
                          Done done) {
  auto connection =
      std::make_shared<TlsConnection>(host_, std::move(below), TlsSession(*context_, options_.kind, side, peer));
  std::map<std::uint64_t, UnderWay>::node_type oldest;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    if (under_way_.size() >= kMostUnderWay) oldest = under_way_.extract(under_way_.begin());
    number = next_++;
    under_way_[number] = {connection, std::move(done),
                          host_.at(host_.monotonic_now() + options_.handshake_limit, [weak = weak_from_this(), number] {
                            if (const auto self = weak.lock())
                              self->finish(number, fmt::format("the TLS handshake took longer than {} ms",
                                                               self->options_.handshake_limit.count()));
                          })};
  }
  if (!oldest.empty()) oldest.mapped().done(nullptr, "too many TLS handshakes were under way");
  connection->shake_hands([weak = weak_from_this(), number](const std::string& error) {
    if (const auto self = weak.lock()) self->finish(number, error);
  });
}

void TlsHandshakes::finish(std::uint64_t number, const std::string& error) {
  std::map<std::uint64_t, UnderWay>::node_type over;
  {
    const std::lock_guard lock(mutex_);
    over = under_way_.extract(number);
  }
  if (over.empty()) return;
  UnderWay& under_way = over.mapped();
  if (error.empty()) {
    under_way.done(std::make_unique<TlsStream>(std::move(under_way.connection)), "");
  } else {
    under_way.done(nullptr, error);
  }
}

void TlsHandshakes::stop() {
  std::map<std::uint64_t, UnderWay> dropped;
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  dropped.swap(under_way_);
}

void TlsHandshakes::refuse(const std::string& why) const {
  if (options_.refused) options_.refused(why);
}

TlsNetwork::TlsNetwork(Host& host, const TlsOptions& options)
    : host_(host), handshakes_(std::make_shared<TlsHandshakes>(host, options)) {}

TlsNetwork::~TlsNetwork() { handshakes_->stop(); }

void TlsNetwork::connect(const Address& to, Connected done) {
  host_.network().connect(to, [weak = std::weak_ptr(handshakes_), peer = to.host, done = std::move(done)](
                                  std::unique_ptr<ByteStream> stream, std::string error) mutable {
    if (stream == nullptr) return done(nullptr, std::move(error));
    if (const auto handshakes = weak.lock())
      handshakes->begin(std::move(stream), TlsSession::Side::kConnects, peer, std::move(done));
  });
}

std::unique_ptr<Listener> TlsNetwork::listen(const Address& at, Accepted accepted) {
  auto door = std::make_shared<Door>();
  door->accepted = std::move(accepted);
  auto below = host_.network().listen(at, [weak = std::weak_ptr(handshakes_),
                                           door](std::unique_ptr<ByteStream> stream) {
    const auto handshakes = weak.lock();
    if (handshakes == nullptr) return;
    handshakes->begin(std::move(stream), TlsSession::Side::kAccepts, "",
                      [weak, door](std::unique_ptr<ByteStream> safe, const std::string& error) {
                        if (!door->open) return;
                        if (safe != nullptr) return door->accepted(std::move(safe));
                        if (const auto self = weak.lock())
                          self->refuse(fmt::format("a connection to port {} is refused: {}", door->port.load(), error));
                      });
  });
  return std::make_unique<TlsListener>(std::move(below), std::move(door));
}

}  // namespace weir::host
