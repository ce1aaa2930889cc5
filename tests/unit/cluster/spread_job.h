#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/cluster/job_processes.h"
#include "weir/cluster/member_link.h"
#include "weir/sim/world.h"

#include "../../kit/placed_host.h"
#include "../runtime/checkpointed_job.h"

namespace weir::cluster {

/// A job of several processes over the simulated network: one leads, the others join it.
class SpreadJob : public runtime::CheckpointedJob {
 public:
  static JobProcess process(std::uint32_t number, std::uint64_t attempt = 7) {
    return {{"job", attempt}, "secret", number};
  }

  /// All processes of one job, each at a place of its number.
  class Run {
   public:
    /// `attempt`: of the JobManager. It takes the checkpoints over from earlier ones.
    Run(sim::World& world, const SpreadJob& test, const runtime::Placement& placement, std::uint64_t attempt = 7)
        : world_(world), test_(test), attempt_(attempt) {
      options_ = runtime::checkpointed_options();
      options_.checkpoints->takeover = true;
      options_.parallelism = 4;
      options_.placement = placement;
      options_.restart = {.kind = test.restart, .attempts = 5, .delay = Duration{10}};
      if (!test.checkpoints) options_.checkpoints.reset();
      for (std::uint32_t number = 0; number < placement.processes(); ++number)
        hosts_.push_back(std::make_unique<tests::PlacedHost>(world, std::to_string(number)));
      leader_ = std::make_unique<JobProcesses>(
          *hosts_[0], "localhost", process(0, attempt), placement, HeartbeatLimits{},
          JobProcesses::Events{[this] { begin(); }, [this](const std::string& why) { lost = why; }});
      for (std::uint32_t number = 1; number < placement.processes(); ++number) start_member(number);
    }

    void start_member(std::uint32_t number) {
      members_.push_back(std::make_unique<MemberLink>(
          *hosts_[number], *hosts_[number], test_.graph(), options_,
          MemberLink::Options{
              process(number, attempt_), "localhost", leader_->address(), {}, std::chrono::milliseconds(50)},
          [this](const std::string& why) { ended.push_back(why); }));
      members_.back()->start();
    }

    /// The process is gone.
    void drop_member(std::size_t at) { members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(at)); }

    const runtime::JobResult& to_end() {
      world_.run_until([this] { return result.has_value(); });
      leader_->close();
      return *result;
    }

    Address leader_address() const { return leader_->address(); }

    std::optional<runtime::JobResult> result;
    std::optional<runtime::JobStatus> status;
    std::vector<std::string> ended;  ///< what members say at their end
    std::string lost;

   private:
    void begin() {
      auto options = options_;
      options.others = leader_.get();
      job_ = std::make_unique<runtime::LocalJob>(world_, test_.graph(), options, [this](runtime::JobResult told) {
        status = job_->status();
        result = std::move(told);
      });
      job_->start();
    }

    sim::World& world_;
    const SpreadJob& test_;
    const std::uint64_t attempt_;
    runtime::JobOptions options_;
    std::vector<std::unique_ptr<tests::PlacedHost>> hosts_;
    std::unique_ptr<JobProcesses> leader_;
    std::vector<std::unique_ptr<MemberLink>> members_;
    std::unique_ptr<runtime::LocalJob> job_;
  };

  bool checkpoints = true;
  runtime::RestartStrategy::Kind restart = runtime::RestartStrategy::Kind::kFixedDelay;
};

}  // namespace weir::cluster
