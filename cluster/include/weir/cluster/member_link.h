#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/cluster/conversation.h"
#include "weir/cluster/exchange_connections.h"
#include "weir/cluster/exchange_door.h"
#include "weir/cluster/job_talk.h"
#include "weir/core/host.h"
#include "weir/runtime/job_member.h"

namespace weir::cluster {

/// A process of a job that does not lead it: joins the one that does, carries its orders out, and tells what comes of
/// them. Thread: control loop.
class MemberLink {
 public:
  struct Options {
    JobProcess me;
    std::string at;  ///< where the others reach this process
    Address leader;
    HeartbeatLimits limits;
    Duration report_every{1000};
  };
  /// Once: the process is of no use any more. `why` is empty if the job has come to its end.
  using Ended = std::function<void(const std::string& why)>;

  /// The processes of the job talk over the network of `host`; user code and state are on `own`, which may be the
  /// same. Requires: both outlive it. Errors: ExternalError; as JobMember.
  MemberLink(Host& host, Host& own, Graph graph, const runtime::JobOptions& job, Options options, Ended ended);
  ~MemberLink();
  MemberLink(const MemberLink&) = delete;
  MemberLink& operator=(const MemberLink&) = delete;

  const Graph& graph() const { return member_.graph(); }
  const Plan& plan() const { return member_.plan(); }

  /// Joins.
  void start();

 private:
  void connected(std::unique_ptr<ByteStream> stream, const std::string& error);
  void heard(const Message& message);
  void end(const std::string& why);
  void count();
  void report();
  void say(const JobTalk& talk);
  runtime::JobMember::Events member_events();

  void on(const BeginTasks& begin);
  void on(const EndTasks& end);
  void on(const JobOver&);
  void on(const AssignSplit& assign);
  void on(const NoMoreSplits& no_more);
  void on(const TriggerBarrier& trigger);
  void on(const CheckpointCompleted& completed);

  Host& host_;
  const Options options_;
  const std::uint32_t key_groups_;
  Ended ended_;
  ExchangeDoor door_;
  std::uint64_t turn_ = 0;
  std::vector<ExchangeAddress> addresses_;  ///< of the attempt at hand
  CheckpointId final_{};                    ///< the checkpoint at the end of all input; 0: not there yet
  std::unique_ptr<Conversation> leader_;
  std::unique_ptr<Timer> timer_;
  runtime::JobMember member_;
  std::unique_ptr<ExchangeConnections> connections_;  ///< above: its exchange is the member's
  std::shared_ptr<MemberLink*> self_;
};

}  // namespace weir::cluster
