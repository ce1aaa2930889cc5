#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "weir/core/network.h"
#include "weir/sim/net.h"
#include "weir/sim/scheduler.h"

namespace weir::sim {

/// Two ends and the bytes on their way to each.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  enum Side : std::size_t { kClient = 0, kServer = 1 };
  static constexpr Side other(Side side) { return side == kClient ? kServer : kClient; }

  /// Owners and places of the two ends.
  Connection(Net& net, Owner client, std::string client_place, Owner server, std::string server_place);

  Owner owner(Side side) const { return ends_[side].owner; }

  /// Bytes for `side` arrive at once instead of with the network's latency; still in pieces.
  void hurry(Side side) { ends_[side].hurried = true; }

  // What the owner of a side does.
  void start(Side side, ByteStream::Handler handler);
  void pause(Side side);
  void resume(Side side);
  void write(Side side, std::string bytes);
  void close(Side side);
  /// Leaves without sending what is left; the other end learns of a reset.
  void abandon(Side side);
  bool left(Side side) const { return ends_[side].left; }

  /// Bytes sent by `side` that have not been read by the other.
  std::size_t unread(Side side) const;
  /// Called when the other side has read bytes of `side`.
  void on_read(Side side, std::function<void()> callback) { ends_[other(side)].on_read = std::move(callback); }

  /// Whether its ends are at these places.
  bool joins(const std::string& one, const std::string& other) const;
  /// The network may deliver again.
  void go_on();
  /// The network resets it: both ends learn of it.
  void break_off();
  /// Ends at that place leave without a word.
  void vanish(const std::string& place);

  /// The process is gone: its ends leave, its handlers are dropped without a call.
  void drop_process();

 private:
  struct End {
    Owner owner = Owner::kProcess;
    std::string place;
    std::shared_ptr<ByteStream::Handler> handler;  ///< shared: a callback may drop it while it runs
    std::string inbox;
    std::size_t read = 0;  ///< of inbox
    bool sealed = false;   ///< nothing is added to inbox any more
    std::string error;     ///< why; empty: closed in order
    std::function<void()> on_read;
    bool hurried = false;
    bool paused = false;
    bool read_under_way = false;  ///< while paused: one more piece arrives
    bool scheduled = false;       ///< a delivery
    bool left = false;            ///< closed, abandoned, or told of the end
  };

  void schedule_delivery(Side side);
  void deliver(Side side);
  void tell_sent(Side side);
  /// Nothing gets to this side now.
  bool is_cut(Side side) const { return net_.is_cut(ends_[other(side)].place, ends_[side].place); }
  /// What is on its way to this side is lost, wholly or in part, and a reset follows.
  void reset(Side side);
  void leave(End& end);
  void seal(End& end, std::string error);
  std::string take_piece(End& end);

  Net& net_;
  std::array<End, 2> ends_;
};

}  // namespace weir::sim
