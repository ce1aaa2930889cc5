#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/network.h"

namespace weir::sim {

/// One thing that a scripted peer does.
struct ScriptStep {
  enum class Action : std::uint8_t {
    kSend,   ///< the bytes arrive from `at` on, in pieces that follow within microseconds
    kClose,  ///< the stream ends in order, behind what was sent
    kReset,  ///< the connection breaks: what has not arrived yet is lost, wholly or in part
  };

  std::chrono::nanoseconds at{0};  ///< since the client connected
  Action action = Action::kSend;
  std::string bytes = {};
};

/// Done step by step: one that is late (the receiver does not read) makes the later ones late.
using Script = std::vector<ScriptStep>;

inline ScriptStep send_at(std::chrono::nanoseconds at, std::string bytes) {
  return {at, ScriptStep::Action::kSend, std::move(bytes)};
}
inline ScriptStep close_at(std::chrono::nanoseconds at) { return {at, ScriptStep::Action::kClose}; }
inline ScriptStep reset_at(std::chrono::nanoseconds at) { return {at, ScriptStep::Action::kReset}; }

class Net;

/// A peer outside of the process that accepts connections and plays its script on each, from its beginning.
/// After the last step the connection stays open and silent. Owned by the Net; a kill of the process ends its
/// connections, not the server.
class TextServer {
 public:
  TextServer(Net& net, Address address, Script script);
  ~TextServer();
  TextServer(const TextServer&) = delete;
  TextServer& operator=(const TextServer&) = delete;

  const Address& address() const { return address_; }

  /// For connections from now on.
  void set_script(Script script) { script_ = std::move(script); }

  /// Refuses connections from now on; those that are there go on.
  void stop_listening() { listener_.reset(); }
  void listen_again();

  /// Connections accepted so far.
  std::size_t connections() const { return sessions_.size(); }
  /// What the client of a connection has sent. Requires: connection < connections().
  const std::string& received(std::size_t connection) const;
  /// Bytes of the script that have left; at most Net::kBuffer more than have arrived.
  std::uint64_t sent(std::size_t connection) const;
  /// The client closed the connection, or died.
  bool ended(std::size_t connection) const;

 private:
  class Session;

  Net& net_;
  Address address_;
  Script script_;
  std::unique_ptr<Listener> listener_;
  std::vector<std::unique_ptr<Session>> sessions_;
};

}  // namespace weir::sim
