#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/batch_codec.h"
#include "weir/core/element.h"
#include "weir/core/frames.h"
#include "weir/core/host.h"
#include "weir/runtime/channel.h"
#include "weir/runtime/ready_set.h"

namespace weir::runtime {

/// What goes between the subtasks of one process and those of the others, in one attempt.
///
/// For tasks a channel to another process is a Channel like any other; its other end is here. Elements are encoded,
/// and travel as frames over one connection for each pair of processes. Flow control is by credit, for each channel: a
/// sender may have as many elements on their way as the channel holds, and gets one back when the element has room
/// there. So a slow task holds back its own senders only, and what is buffered is bounded. Credit travels with elements
/// the other way, and by itself only when half of a channel's is owed.
///
/// It has no thread: waking one costs more than encoding a batch. Whoever has given it something to do serves it, a
/// worker after a step, the control loop with what has arrived; one at a time, and what others leave meanwhile the one
/// who is at it does too. As each write wakes the other process, what a worker sends may wait for more of it, as long
/// as the worker has more to do, and a quarter of a millisecond.
///
/// Thread: control loop, unless said otherwise. A channel's number is the same in both processes.
class Exchange final {
 public:
  /// What a lane carries.
  struct Lane {
    BatchCodec codec;
    WithHashes hashes = WithHashes::kNo;
    std::size_t batch_size = 1;
  };
  /// Puts bytes on a connection, behind those before. Thread-safe.
  using Write = std::function<void(std::string bytes)>;
  /// The attempt has to fail. Once, on the control loop; nothing more is sent or received.
  using Failed = std::function<void(std::exception_ptr error)>;

  /// The largest frame: one batch.
  static constexpr std::size_t kLargestBatch = std::size_t{1} << 30;

  /// `channels`: all of the attempt, whoever has them. Requires: `host` outlives it.
  Exchange(Host& host, std::size_t channels, std::uint32_t processes, Failed failed);
  ~Exchange();

  // ---- Before anything moves.

  /// The channel `id`, filled by a task of this process, for one of process `to`.
  Channel& send(std::size_t id, std::uint32_t to, std::size_t capacity, std::vector<Lane> lanes, TaskSignal producer);
  /// The channel `id`, filled by a task of process `from`, for one of this process.
  Channel& receive(std::size_t id, std::uint32_t from, std::size_t capacity, std::vector<Lane> lanes,
                   TaskSignal consumer);

  // ---- From then on.

  /// There is a connection to a process. What is to be sent waits until then. Once a process.
  void attach(std::uint32_t process, Write write);
  /// Bytes came from it.
  void received(std::uint32_t process, std::string bytes);
  /// Whether a worker that has served it will do so again by itself.
  enum class Again { kYes, kNo };

  /// Moves all that can be moved, unless somebody is doing so: then that one does. Any thread. Cheap when there is
  /// nothing. Every worker that has sent something calls it with kNo before it rests.
  void serve(Again again);
  /// Nothing moves any more. Waits for whoever serves it.
  void stop();

 private:
  struct Sending {
    std::unique_ptr<Channel> channel;
    std::uint32_t to = 0;
    std::size_t credit = 0;
    std::vector<Lane> lanes;
  };
  struct Receiving {
    std::unique_ptr<Channel> channel;
    std::uint32_t from = 0;
    std::size_t capacity = 0;
    std::vector<Lane> lanes;
    std::deque<Element> waiting = {};  ///< for room in the channel
  };
  struct Peer {
    std::mutex mutex;
    std::vector<std::string> inbox;  ///< guarded by mutex
    Write attached;                  ///< guarded by mutex; until step() takes it

    Write write;
    FrameReader reader{kLargestBatch};
    std::string out;                               ///< frames that are to be written
    std::map<std::size_t, std::size_t> owed = {};  ///< credits, by channel
    bool urgent = false;                           ///< nobody may come who would write `out` later
    std::optional<MonotonicTime> held_since = {};  ///< when frames were left in `out`
  };

  void work(bool flush);
  void run(std::size_t bit);
  bool send_some(std::size_t id, Sending& sending);
  void hear(std::uint32_t process, Peer& peer);
  void on_frame(std::uint32_t process, Peer& peer, std::string_view frame);
  void on_element(std::uint32_t process, std::size_t id, std::string_view bytes);
  void on_credit(std::uint32_t process, std::size_t id, std::size_t elements);
  void hand_over(std::size_t id, Receiving& receiving);
  void write_out(Peer& peer, bool flush);
  bool is_held_long(Peer& peer) const;
  static void write(Peer& peer);
  void fail(std::exception_ptr error);

  Host& host_;
  const std::size_t channels_;
  Failed failed_;
  ReadySet ready_;                  ///< a bit for each channel, then one for each process
  std::atomic<bool> flush_{false};  ///< nothing may be held back that was there when this was set
  std::atomic<bool> held_{false};   ///< something is held back, and may have been for long enough
  std::atomic<bool> busy_{false};   ///< somebody serves it, and owns all below; or it has stopped
  std::map<std::size_t, Sending> sending_;
  std::map<std::size_t, Receiving> receiving_;
  std::vector<std::unique_ptr<Peer>> peers_;  ///< by process
  bool over_ = false;                         ///< it has failed
  bool stopped_ = false;                      ///< control loop only
  std::shared_ptr<Exchange*> self_;
};

}  // namespace weir::runtime
