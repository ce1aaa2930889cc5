#include "weir/cluster/exchange_connections.h"

#include <utility>

#include <fmt/format.h>

namespace weir::cluster {

ExchangeConnections::ExchangeConnections(Host& host, ExchangeDoor& door, std::uint64_t turn,
                                         const std::vector<ExchangeAddress>& addresses, runtime::Exchange& exchange,
                                         Lost lost)
    : door_(door),
      turn_(turn),
      exchange_(exchange),
      lost_(std::move(lost)),
      links_(addresses.size()),
      self_(std::make_shared<ExchangeConnections*>(this)) {
  const JobProcess& me = door.me();
  const ExchangeHello hello{me.worker.job, me.worker.attempt, me.secret, turn, me.process};
  for (std::uint32_t process = me.process + 1; process < addresses.size(); ++process)
    connect(host, process, addresses[process], hello);
  door.open_for(turn, [weak = std::weak_ptr(self_)](std::uint32_t process, const std::shared_ptr<ExchangeLink>& link) {
    if (const auto self = weak.lock()) (*self)->attach(process, link);
  });
}

ExchangeConnections::~ExchangeConnections() {
  for (const auto& link : links_)
    if (link != nullptr) link->bind({});
  // What is still on its way here belongs to an attempt that is over.
  door_.open_for(turn_, nullptr);
}

void ExchangeConnections::connect(Host& host, std::uint32_t process, ExchangeAddress to, const ExchangeHello& hello) {
  if (!door_.me().unix_sockets) to.here.clear();
  const Address at = to.here.empty() ? Address{to.host, to.port} : Address{to.here, 0};
  host.network().connect(at, [weak = std::weak_ptr(self_), &host, process, to = std::move(to), hello](
                                 std::unique_ptr<ByteStream> stream, const std::string& error) {
    const auto self = weak.lock();
    if (!self) return;
    if (stream == nullptr && !to.here.empty())  // it is on another machine
      return (*self)->connect(host, process, {to.host, to.port}, hello);
    if (stream == nullptr)
      return (*self)->lost_(
          fmt::format("the job's process {} cannot be reached at {}:{}: {}", process, to.host, to.port, error));
    const auto link = std::make_shared<ExchangeLink>(std::move(stream));
    link->open(hello);
    (*self)->attach(process, link);
  });
}

void ExchangeConnections::attach(std::uint32_t process, const std::shared_ptr<ExchangeLink>& link) {
  // Two connections of one process, or one of a process that does not exist, are none of ours.
  if (process >= links_.size() || links_[process] != nullptr || process == door_.me().process) return;
  links_[process] = link;
  exchange_.attach(process, [link](std::string bytes) { link->write(std::move(bytes)); });
  link->bind({[&exchange = exchange_, process](std::string bytes) { exchange.received(process, std::move(bytes)); },
              [lost = lost_, process](const std::string& why) {
                lost(fmt::format("the connection to the job's process {} is gone: {}", process,
                                 why.empty() ? "it closed it" : why));
              }});
}

}  // namespace weir::cluster
