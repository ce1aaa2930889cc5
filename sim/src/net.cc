#include "weir/sim/net.h"

#include <algorithm>
#include <utility>

#include "weir/core/check.h"
#include "weir/core/error.h"

#include "connection.h"

namespace weir::sim {
namespace {

constexpr const char* kEveryHost = "*";

std::string canonical_host(const std::string& host) {
  if (host == "127.0.0.1" || host == "::1") return "localhost";
  if (host.empty() || host == "0.0.0.0" || host == "::") return kEveryHost;
  return host;
}

}  // namespace

/// Holds a binding.
class Net::SimListener final : public Listener {
 public:
  SimListener(Net& net, Address address, Key key, std::uint64_t id)
      : net_(net), address_(std::move(address)), key_(std::move(key)), id_(id) {
    ++net_.handles_;
  }
  ~SimListener() override {
    net_.unbind(key_, id_);
    --net_.handles_;
  }

  Address address() const override { return address_; }

 private:
  Net& net_;
  const Address address_;
  const Key key_;
  const std::uint64_t id_;
};

/// One side of a connection.
class Net::SimStream final : public ByteStream {
 public:
  SimStream(Net& net, std::shared_ptr<Connection> connection, Connection::Side side)
      : net_(net), connection_(std::move(connection)), side_(side) {
    ++net_.handles_;
  }
  ~SimStream() override {
    if (alive()) connection_->abandon(side_);
    --net_.handles_;
  }

  void start(Handler handler) override {
    if (alive()) connection_->start(side_, std::move(handler));
  }
  void pause() override {
    if (alive()) connection_->pause(side_);
  }
  void resume() override {
    if (alive()) connection_->resume(side_);
  }
  void write(std::string bytes) override {
    if (alive()) connection_->write(side_, std::move(bytes));
  }
  void close() override {
    if (alive()) connection_->close(side_);
  }

 private:
  /// The process that owns the stream is.
  bool alive() const { return net_.attached_; }

  Net& net_;
  const std::shared_ptr<Connection> connection_;
  const Connection::Side side_;
};

/// The network from one place.
class Net::PlaceNetwork final : public Network {
 public:
  PlaceNetwork(Net& net, std::string place) : net_(net), place_(std::move(place)) {}

  void connect(const Address& to, Connected done) override { net_.call({place_, to, std::move(done)}); }
  std::unique_ptr<Listener> listen(const Address& at, Accepted accepted) override {
    return net_.listen_from(place_, at, std::move(accepted));
  }

 private:
  Net& net_;
  const std::string place_;
};

Net::Net(Scheduler& scheduler, Random random, const Pace& pace) : scheduler_(scheduler), random_(random), pace_(pace) {}

Net::~Net() = default;

Network& Net::at(const std::string& place) {
  auto& network = places_[place];
  if (network == nullptr) network = std::make_unique<PlaceNetwork>(*this, place);
  return *network;
}

std::unique_ptr<Listener> Net::listen(const Address& at, Accepted accepted) {
  return listen_from("", at, std::move(accepted));
}

std::unique_ptr<Listener> Net::listen_from(const std::string& place, const Address& at, Accepted accepted) {
  return bind(Owner::kProcess, place, at,
              [this, accepted = std::move(accepted)](const std::shared_ptr<Connection>& connection) {
                accepted(std::make_unique<SimStream>(*this, connection, Connection::kServer));
              });
}

std::unique_ptr<Listener> Net::bind(Owner owner, const std::string& place, const Address& at, Arrived arrived) {
  const std::string host = canonical_host(at.host);
  const auto taken = [&](std::uint16_t port) {
    return std::any_of(bindings_.begin(), bindings_.end(), [&](const auto& bound) {
      const Key& key = bound.first;
      return key.second == port && (key.first == host || key.first == kEveryHost || host == kEveryHost);
    });
  };
  Address address = at;
  while (address.port == 0 && !unix_name(at))
    if (const std::uint16_t port = next_port_++; !taken(port)) address.port = port;
  if (taken(address.port))
    throw ExternalError("cannot listen on " + to_string(address) +
                        ": Address already in use; choose another port, or end the process that has it");

  const Key key(host, address.port);
  const std::uint64_t id = ++last_binding_;
  if (attached_ || owner == Owner::kOutside)
    bindings_.emplace(key, Binding{id, owner, place, std::make_shared<const Arrived>(std::move(arrived))});
  return std::make_unique<SimListener>(*this, std::move(address), key, id);
}

const Net::Binding* Net::find(const Address& to) const {
  auto found = bindings_.find(Key(canonical_host(to.host), to.port));
  if (found == bindings_.end()) found = bindings_.find(Key(kEveryHost, to.port));
  return found == bindings_.end() ? nullptr : &found->second;
}

void Net::unbind(const Key& key, std::uint64_t id) {
  const auto found = bindings_.find(key);
  if (found == bindings_.end() || found->second.id != id) return;
  const Binding dropped = std::move(found->second);  // destroyed last: what it captured may come back to us
  bindings_.erase(found);
}

void Net::connect(const Address& to, Connected done) { call({"", to, std::move(done)}); }

void Net::call(Caller caller) {
  if (!attached_) return;
  const auto latency = draw_latency(random_, pace_.network_typical, pace_.network_worst);
  scheduler_.schedule(Owner::kProcess, EventKind::kNetwork, scheduler_.now() + latency,
                      [this, caller = std::move(caller)]() mutable { establish(std::move(caller)); });
}

void Net::establish(Caller caller) {
  const Address& to = caller.to;
  const Connected& done = caller.done;
  const Binding* binding = find(to);
  if (binding == nullptr || (unix_name(to) && binding->place != caller.place)) {
    done(nullptr, "Connection refused");
    return;
  }
  if (is_cut(caller.place, binding->place) || is_cut(binding->place, caller.place)) {
    held_calls_.push_back(std::move(caller));
    return;
  }
  const auto connection =
      std::make_shared<Connection>(*this, Owner::kProcess, caller.place, binding->owner, binding->place);
  remember(connection);
  auto stream = std::make_unique<SimStream>(*this, connection, Connection::kClient);
  const bool arrives_first = random_.one_in(2);
  if (binding->owner == Owner::kOutside || arrives_first) {
    const std::shared_ptr<const Arrived> arrived = binding->arrived;
    (*arrived)(connection);
  } else {
    const auto latency = draw_latency(random_, pace_.network_typical, pace_.network_worst);
    scheduler_.schedule(Owner::kProcess, EventKind::kNetwork, scheduler_.now() + latency,
                        [this, to, id = binding->id, connection] {
                          const Binding* bound = find(to);
                          if (bound == nullptr || bound->id != id) {
                            connection->abandon(Connection::kServer);
                            return;
                          }
                          const std::shared_ptr<const Arrived> arrived = bound->arrived;
                          (*arrived)(connection);
                        });
  }
  done(std::move(stream), "");
}

void Net::remember(const std::shared_ptr<Connection>& connection) {
  if (connections_.size() >= prune_at_) {
    std::erase_if(connections_, [](const auto& known) { return known.expired(); });
    prune_at_ = std::max<std::size_t>(64, 2 * connections_.size());
  }
  connections_.push_back(connection);
}

std::vector<std::shared_ptr<Connection>> Net::connections() const {
  std::vector<std::shared_ptr<Connection>> living;
  for (const auto& known : connections_)
    if (auto connection = known.lock()) living.push_back(std::move(connection));
  return living;
}

void Net::heal(const std::string& from, const std::string& to) {
  cuts_.erase({from, to});
  go_on();
}

void Net::heal() {
  cuts_.clear();
  go_on();
}

void Net::go_on() {
  for (const auto& connection : connections()) connection->go_on();
  for (Caller& caller : std::exchange(held_calls_, {})) call(std::move(caller));
}

void Net::break_off(const std::string& one, const std::string& other) {
  for (const auto& connection : connections())
    if (connection->joins(one, other)) connection->break_off();
}

void Net::vanish(const std::string& place) {
  for (const auto& connection : connections()) connection->vanish(place);
}

TextServer& Net::text_server(const Address& at, Script script) {
  servers_.push_back(std::make_unique<TextServer>(*this, at, std::move(script)));
  return *servers_.back();
}

void Net::drop_process() {
  std::vector<Binding> dropped;
  for (auto bound = bindings_.begin(); bound != bindings_.end();) {
    if (bound->second.owner == Owner::kProcess) {
      dropped.push_back(std::move(bound->second));
      bound = bindings_.erase(bound);
    } else {
      ++bound;
    }
  }
  for (const auto& connection : connections()) connection->drop_process();
  const auto dropped_calls = std::exchange(held_calls_, {});  // destroyed last, as the bindings
}

void Net::drop_all() {
  servers_.clear();
  drop_process();
}

}  // namespace weir::sim
