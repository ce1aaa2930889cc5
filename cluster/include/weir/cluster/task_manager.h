#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "weir/cluster/conversation.h"
#include "weir/cluster/messages.h"
#include "weir/cluster/worker_launcher.h"
#include "weir/core/host.h"
#include "weir/runtime/job_options.h"

namespace weir::cluster {

/// Told what a daemon does. Thread: control loop.
using ClusterLog = std::function<void(runtime::LogLevel, const std::string&)>;

struct TaskManagerOptions {
  Address job_manager{"localhost", 6123};
  Hello hello;  ///< what it says of itself
  HeartbeatLimits limits;
  Duration reconnect{500};  ///< between two tries
  /// Where it is now, asked before every try but the first; may block and throw. Nothing: where it was.
  std::function<std::optional<Address>()> find_job_manager = [] { return std::nullopt; };
  std::function<void()> on_welcome = [] {};  ///< whenever a JobManager has taken it
  /// What a process has in memory; asked for its own and its workers' before a heartbeat leaves. Must not block.
  std::function<std::uint64_t(std::uint64_t process)> memory_of = [](std::uint64_t) { return 0; };
};

/// Offers slots to a JobManager, and runs a worker process for each job that it is given.
///
/// It connects until it is destroyed. Without a JobManager for longer than the limit it kills its workers: another may
/// run their jobs by then. What workers said at their ends is said again to a JobManager that comes back.
/// Thread: control loop only.
class TaskManager {
 public:
  /// Requires: `host` and `launcher` outlive it.
  TaskManager(Host& host, WorkerLauncher& launcher, TaskManagerOptions options, ClusterLog log);
  ~TaskManager();
  TaskManager(const TaskManager&) = delete;
  TaskManager& operator=(const TaskManager&) = delete;

  void start();
  bool connected() const { return welcomed_; }
  std::size_t workers() const { return workers_.size(); }

  /// Kills all workers, tells the JobManager, and calls `done` when none is left. Once.
  void stop(std::function<void()> done);

 private:
  struct Running {
    StartWorker start;
    std::unique_ptr<Worker> worker;
    bool killed = false;
    std::optional<WorkerReady> ready = std::nullopt;  ///< what it said; said again to a JobManager that comes back
  };

  void connect();
  void connected(std::unique_ptr<ByteStream> stream, const std::string& error);
  void lost(const std::string& why);
  void retry();
  void find_and_connect();
  void watch_fence();
  void tell_memory();

  void on_message(const Message& message);
  void on(const Welcome& welcome);
  void on(const Refused& refused);
  void on(const StartWorker& start);
  void on(const StopWorker& stop);
  void on(const JobCommand& command);

  void from_worker(const WorkerName& name, Message message);
  void worker_ended(const WorkerName& name, WorkerLauncher::End end);
  void maybe_stopped();
  void kill_all(const std::string& why);
  void say(const Message& message);
  /// As say(), and again to whoever is JobManager later.
  void say_for_good(Message message);
  std::function<void()> guarded(std::function<void(TaskManager&)> act);

  Host& host_;
  WorkerLauncher& launcher_;
  TaskManagerOptions options_;
  ClusterLog log_;
  std::map<WorkerName, Running> workers_;
  std::deque<Message> last_said_;  ///< of ended workers
  std::unique_ptr<Conversation> conversation_;
  bool welcomed_ = false;
  bool complained_ = false;  ///< the log has it that there is no JobManager
  MonotonicTime last_answered_{};
  std::unique_ptr<Timer> retry_timer_;
  std::unique_ptr<Timer> fence_timer_;
  bool stopping_ = false;
  std::function<void()> stopped_;
  std::shared_ptr<TaskManager*> self_;
};

}  // namespace weir::cluster
