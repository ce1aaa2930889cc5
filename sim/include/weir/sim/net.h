#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/network.h"
#include "weir/sim/pace.h"
#include "weir/sim/random.h"
#include "weir/sim/scheduler.h"
#include "weir/sim/script.h"

namespace weir::sim {

class Connection;

/// A network in memory: bytes arrive in order, late, and in pieces of one byte up to all there are.
///
/// "localhost", "127.0.0.1" and "::1" are one host; "", "0.0.0.0" and "::" listen on every host. A stream that is
/// destroyed without close() resets its connection: what was not delivered is lost, wholly or in part.
///
/// Parts of a program can be at places, between which the network fails as a test says: at(), cut(), break_off(),
/// vanish(). Addresses have nothing to do with places.
/// Thread: one thread only.
class Net final : public Network {
 public:
  /// A scripted peer waits when so many of its bytes have not been read.
  static constexpr std::size_t kBuffer = 64 * 1024;

  Net(Scheduler& scheduler, Random random, const Pace& pace);
  ~Net() override;
  Net(const Net&) = delete;
  Net& operator=(const Net&) = delete;

  void connect(const Address& to, Connected done) override;
  std::unique_ptr<Listener> listen(const Address& at, Accepted accepted) override;

  /// The network as seen from a place: who connects and listens by it is there. Lives as long as the Net. What connects
  /// and listens by the Net itself is at the place "".
  Network& at(const std::string& place);

  /// From now on nothing gets from one place to another, neither bytes nor the end of a connection: it waits for
  /// heal(). Connecting needs both directions and waits, too.
  void cut(const std::string& from, const std::string& to) { cuts_.insert({from, to}); }
  /// That is over. What waited arrives.
  void heal(const std::string& from, const std::string& to);
  /// No cut is left.
  void heal();
  /// Resets all connections between two places; some of what was on its way arrives before.
  void break_off(const std::string& one, const std::string& other);
  /// The connections of a place are gone without a word: the other ends hear no more of them.
  void vanish(const std::string& place);

  /// How often anything was written to a connection.
  std::uint64_t writes() const { return writes_; }

  /// A peer outside of the process. Errors: as listen().
  TextServer& text_server(const Address& at, Script script);

  /// The process died: its listeners and connections end, its handlers are dropped without being called.
  void drop_process();
  /// Scripted peers end too.
  void drop_all();

  /// While detached, listening and connecting have no effect, silently: those who do it are dead.
  void detach() { attached_ = false; }
  void attach() { attached_ = true; }

  /// Listeners and streams that have not been destroyed.
  std::size_t handles() const { return handles_; }

 private:
  friend class Connection;
  friend class TextServer;
  class SimListener;
  class SimStream;
  class PlaceNetwork;

  using Key = std::pair<std::string, std::uint16_t>;

  /// What takes a connection that arrives: `side` 1 of it is the listener's.
  using Arrived = std::function<void(const std::shared_ptr<Connection>&)>;

  struct Binding {
    std::uint64_t id;
    Owner owner;
    std::string place;
    std::shared_ptr<const Arrived> arrived;
  };
  /// Somebody who connects.
  struct Caller {
    std::string place;
    Address to;
    Connected done;
  };

  void call(Caller caller);
  std::unique_ptr<Listener> listen_from(const std::string& place, const Address& at, Accepted accepted);
  std::unique_ptr<Listener> bind(Owner owner, const std::string& place, const Address& at, Arrived arrived);
  const Binding* find(const Address& to) const;
  void unbind(const Key& key, std::uint64_t id);
  void establish(Caller caller);
  void go_on();
  bool is_cut(const std::string& from, const std::string& to) const { return cuts_.contains({from, to}); }
  std::vector<std::shared_ptr<Connection>> connections() const;
  void remember(const std::shared_ptr<Connection>& connection);

  Scheduler& scheduler_;
  Random random_;
  Pace pace_;
  std::map<Key, Binding> bindings_;
  std::vector<std::weak_ptr<Connection>> connections_;
  std::size_t prune_at_ = 64;
  std::uint64_t last_binding_ = 0;
  std::uint16_t next_port_ = 40000;
  std::size_t handles_ = 0;
  bool attached_ = true;
  std::uint64_t writes_ = 0;
  std::map<std::string, std::unique_ptr<PlaceNetwork>> places_;
  std::set<std::pair<std::string, std::string>> cuts_;  ///< from and to
  std::vector<Caller> held_calls_;                      ///< until heal()
  std::vector<std::unique_ptr<TextServer>> servers_;
};

}  // namespace weir::sim
