#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "weir/cluster/messages.h"
#include "weir/core/frames.h"
#include "weir/core/host.h"
#include "weir/core/network.h"
#include "weir/core/time.h"

namespace weir::cluster {

/// When a peer counts as lost.
struct HeartbeatLimits {
  Duration interval{2000};   ///< a heartbeat leaves this often
  Duration silence{10'000};  ///< nothing heard for so long: the peer is lost
};

/// Messages to and from one peer over a byte stream, with heartbeats.
///
/// Thread: control loop only. It may be destroyed at any time, also by its own events; then the connection is cut.
class Conversation {
 public:
  struct Events {
    std::function<void(Message)> on_message;      ///< heartbeats are not told
    std::function<void(std::string why)> on_end;  ///< the last event; empty: the peer closed in order
  };

  /// Starts at once. `largest`: what a message may take at most, as a frame. Requires: `host` outlives it.
  Conversation(Host& host, std::unique_ptr<ByteStream> stream, HeartbeatLimits limits, Events events,
               std::size_t largest = kLargestFrame);
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  /// Who is told of what comes from now on, also when called by an event.
  void set_events(Events events) { events_ = std::move(events); }

  void send(const Message& message);

  /// What was sent still leaves; no event comes any more. One that has ended stays as it is.
  void close();

  MonotonicTime last_heard() const { return last_heard_; }
  /// When the last heartbeat left that the peer has answered; before that, when the conversation began. At that time or
  /// later the peer heard of this side: what is heard may have been on its way for any time.
  MonotonicTime last_answered() const { return last_answered_; }

  /// What heartbeats say from now on.
  void set_used_memory(std::uint64_t bytes) { used_memory_ = bytes; }
  /// What the peer's last heartbeat said.
  const Heartbeat& heard_heartbeat() const { return heard_; }

 private:
  void on_bytes(const std::string& bytes);
  void on_heartbeat(const Heartbeat& heartbeat);
  void end(const std::string& why);
  void wait();
  void tick();

  Host& host_;
  const HeartbeatLimits limits_;
  const std::size_t largest_;
  Events events_;
  FrameReader reader_;
  MonotonicTime last_heard_;
  MonotonicTime last_answered_;
  std::deque<MonotonicTime> unanswered_;  ///< when the heartbeats left that were not answered, the newest last
  std::uint64_t said_ = 0;                ///< heartbeats
  std::uint64_t used_memory_ = 0;
  Heartbeat heard_;
  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< false: ended or destroyed
};

}  // namespace weir::cluster
