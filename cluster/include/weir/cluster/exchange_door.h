#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "weir/cluster/exchange_link.h"
#include "weir/cluster/job_talk.h"
#include "weir/cluster/messages.h"
#include "weir/core/host.h"
#include "weir/core/network.h"

namespace weir::cluster {

/// Who a process is, to the others of its job.
struct JobProcess {
  WorkerName worker;   ///< the same for all processes of a JobManager's attempt
  std::string secret;  ///< of that attempt: who does not know it is none of them
  std::uint32_t process = 0;
  bool unix_sockets = true;  ///< to others of its machine
};

/// Where a process takes connections of others of its job, for their exchanges.
///
/// One for an attempt that is still to begin here waits until it is claimed. All that is not of this job's processes,
/// or of an attempt that is over, is closed. Thread: control loop.
class ExchangeDoor {
 public:
  using Claimed = std::function<void(std::uint32_t process, std::shared_ptr<ExchangeLink> link)>;

  /// Listens, at a unix socket, too. Requires: `host` outlives it. Errors: ExternalError.
  ExchangeDoor(Host& host, const Address& at, JobProcess me);
  ExchangeDoor(const ExchangeDoor&) = delete;
  ExchangeDoor& operator=(const ExchangeDoor&) = delete;

  ExchangeAddress address() const;
  const JobProcess& me() const { return me_; }

  /// `claimed` gets the connections of this attempt, those that wait and those that come until the next call. Those of
  /// earlier ones are closed. Not from within `claimed`.
  void open_for(std::uint64_t turn, Claimed claimed);

 private:
  struct Guest {
    std::shared_ptr<ExchangeLink> link;
    std::optional<ExchangeHello> hello = std::nullopt;
  };

  void accepted(std::unique_ptr<ByteStream> stream);
  void greeted(const ExchangeLink* link, std::optional<ExchangeHello> hello);
  bool is_ours(const ExchangeHello& hello) const;
  /// What is to become of a guest that has said hello: true, it stays.
  bool stays(const Guest& guest);

  Host& host_;
  const JobProcess me_;
  std::uint64_t turn_ = 0;
  Claimed claimed_;
  std::list<Guest> guests_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Listener> here_;  ///< null: there is no unix socket
  std::shared_ptr<ExchangeDoor*> self_;
};

}  // namespace weir::cluster
