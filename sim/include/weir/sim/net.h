#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
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

  using Key = std::pair<std::string, std::uint16_t>;

  /// What takes a connection that arrives: `side` 1 of it is the listener's.
  using Arrived = std::function<void(const std::shared_ptr<Connection>&)>;

  struct Binding {
    std::uint64_t id;
    Owner owner;
    std::shared_ptr<const Arrived> arrived;
  };

  std::unique_ptr<Listener> bind(Owner owner, const Address& at, Arrived arrived);
  const Binding* find(const Address& to) const;
  void unbind(const Key& key, std::uint64_t id);
  void establish(const Address& to, const Connected& done);
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
  std::vector<std::unique_ptr<TextServer>> servers_;
};

}  // namespace weir::sim
