#include "weir/cluster/exchange_door.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace weir::cluster {
namespace {

/// Connections that have not said who they are, or wait for their attempt.
constexpr std::size_t kMostGuests = 256;

}  // namespace

ExchangeDoor::ExchangeDoor(Host& host, const Address& at, JobProcess me)
    : host_(host), me_(std::move(me)), self_(std::make_shared<ExchangeDoor*>(this)) {
  const auto take = [weak = std::weak_ptr(self_)](std::unique_ptr<ByteStream> stream) {
    if (const auto self = weak.lock()) (*self)->accepted(std::move(stream));
  };
  listener_ = host.network().listen(at, take);
  // By chance, so that no process elsewhere, nor one before this, has the name.
  if (me_.unix_sockets)
    here_ =
        host.network().listen({unix_host(fmt::format("weir-{:016x}{:016x}", host.random(), host.random())), 0}, take);
}

ExchangeAddress ExchangeDoor::address() const {
  const Address at = listener_->address();
  return {at.host, at.port, here_ != nullptr ? here_->address().host : ""};
}

void ExchangeDoor::accepted(std::unique_ptr<ByteStream> stream) {
  if (guests_.size() >= kMostGuests) guests_.pop_front();
  const auto link = std::make_shared<ExchangeLink>(std::move(stream));
  guests_.push_back({link});
  // Later: a link must not end in one of its own events.
  link->accept([this, weak = std::weak_ptr(self_), link = link.get()](const std::optional<ExchangeHello>& hello) {
    if (const auto self = weak.lock())
      host_.post([weak, link, hello] {
        if (const auto door = weak.lock()) (*door)->greeted(link, hello);
      });
  });
}

void ExchangeDoor::greeted(const ExchangeLink* link, std::optional<ExchangeHello> hello) {
  const auto guest =
      std::find_if(guests_.begin(), guests_.end(), [link](const Guest& one) { return one.link.get() == link; });
  if (guest == guests_.end()) return;
  guest->hello = std::move(hello);
  if (!guest->hello || !is_ours(*guest->hello) || !stays(*guest)) guests_.erase(guest);
}

bool ExchangeDoor::is_ours(const ExchangeHello& hello) const {
  return hello.job == me_.worker.job && hello.attempt == me_.worker.attempt && hello.secret == me_.secret;
}

bool ExchangeDoor::stays(const Guest& guest) {
  if (guest.hello->turn > turn_) return true;
  if (guest.hello->turn == turn_ && claimed_) claimed_(guest.hello->process, guest.link);
  return false;
}

void ExchangeDoor::open_for(std::uint64_t turn, Claimed claimed) {
  turn_ = turn;
  claimed_ = std::move(claimed);
  std::erase_if(guests_, [this](const Guest& guest) { return guest.hello && !stays(guest); });
}

}  // namespace weir::cluster
