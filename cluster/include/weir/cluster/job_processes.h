#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weir/cluster/conversation.h"
#include "weir/cluster/exchange_connections.h"
#include "weir/cluster/exchange_door.h"
#include "weir/cluster/job_talk.h"
#include "weir/core/host.h"
#include "weir/runtime/attempt.h"
#include "weir/runtime/other_processes.h"
#include "weir/runtime/placement.h"

namespace weir::cluster {

/// A message between processes of a job: a manifest, at most.
inline constexpr std::size_t kLargestTalk = std::size_t{1} << 30;

/// A job's other processes, in the process that leads it. They come to it, one after the other; when all are there, the
/// job can begin. Thread: control loop.
class JobProcesses final : public runtime::OtherProcesses {
 public:
  struct Events {
    std::function<void()> all_joined;  ///< once
    /// The job cannot go on in this process. Once; the others end when this process does.
    std::function<void(const std::string& why)> lost;
  };

  /// Listens at `at`, where the others reach this process. Requires: `host` outlives it. Errors: ExternalError.
  JobProcesses(Host& host, const std::string& at, JobProcess me, runtime::Placement placement, HeartbeatLimits limits,
               Events events);
  ~JobProcesses() override;

  /// Where the others are to come.
  Address address() const { return listener_->address(); }

  /// Tells the others that the job has come to its end.
  void close();

  // OtherProcesses.
  void begin(runtime::Attempt& attempt, runtime::Exchange& exchange, const Beginning& beginning) override;
  void end() override;
  void assign(TaskIndex task, SubtaskIndex subtask, const Split& split) override;
  void no_more_splits(TaskIndex task, SubtaskIndex subtask) override;
  void trigger(const checkpoint::Trigger& trigger) override;
  void completed(CheckpointId checkpoint) override;

 private:
  struct Member {
    std::unique_ptr<Conversation> conversation;  ///< null: it has not come yet
    ExchangeAddress exchange;
  };

  void accepted(std::unique_ptr<ByteStream> stream);
  void introduced(std::uint64_t guest, const Message& message);
  std::string refusal(const JoinJob& join) const;
  void lose(const std::string& why);
  void say(std::uint32_t process, const JobTalk& talk);
  void say_to_all(const JobTalk& talk);
  void heard(std::uint32_t process, const Message& message);
  template <class What>
  void on(std::uint32_t process, const What& what);

  Host& host_;
  const runtime::Placement placement_;
  const HeartbeatLimits limits_;
  Events events_;
  ExchangeDoor door_;
  std::map<std::uint64_t, std::unique_ptr<Conversation>> guests_;  ///< who have not said who they are
  std::uint64_t next_guest_ = 1;
  std::vector<Member> members_;  ///< by process; the first is never used
  bool over_ = false;            ///< closed, or lost

  std::uint64_t turn_ = 0;               ///< of attempts
  runtime::Attempt* attempt_ = nullptr;  ///< the one that has begun
  std::unique_ptr<ExchangeConnections> connections_;
  std::unique_ptr<Listener> listener_;
  std::shared_ptr<JobProcesses*> self_;
};

}  // namespace weir::cluster
