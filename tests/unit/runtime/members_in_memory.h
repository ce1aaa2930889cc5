#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/error.h"
#include "weir/runtime/job_member.h"
#include "weir/runtime/other_processes.h"
#include "weir/sim/world.h"

namespace weir::runtime {

/// The other processes of a job, in the same world: orders and what is told go by Host::post, exchanged bytes in
/// pieces.
class MembersInMemory final : public OtherProcesses {
 public:
  /// `options` have the placement.
  MembersInMemory(sim::World& world, const std::function<Graph()>& graph, const JobOptions& options)
      : world_(world), alive_(std::make_shared<bool>(true)) {
    exchanges_.resize(options.placement.processes());
    for (std::uint32_t process = 1; process < options.placement.processes(); ++process)
      members_.push_back(std::make_unique<JobMember>(world, graph(), options, process, events_of(process)));
  }
  ~MembersInMemory() override { *alive_ = false; }

  void begin(Attempt& attempt, Exchange& exchange, const Beginning& beginning) override {
    ++begun;
    attempt_ = &attempt;
    connect(0, exchange);
    for (const auto& member : members_) later([&member = *member, beginning] { member.begin(beginning); });
  }
  void end() override {
    attempt_ = nullptr;
    ++turn_;
    for (auto& exchange : exchanges_) exchange = nullptr;
    for (const auto& member : members_) member->end();
  }
  void assign(TaskIndex task, SubtaskIndex subtask, const Split& split) override {
    for_owner(subtask, [=](JobMember& member) { member.assign(task, subtask, split); });
  }
  void no_more_splits(TaskIndex task, SubtaskIndex subtask) override {
    for_owner(subtask, [=](JobMember& member) { member.no_more_splits(task, subtask); });
  }
  void trigger(const checkpoint::Trigger& trigger) override {
    for (const auto& member : members_) later([&member = *member, trigger] { member.trigger(trigger); });
  }
  void completed(CheckpointId checkpoint) override {
    for (const auto& member : members_) later([&member = *member, checkpoint] { member.completed(checkpoint); });
  }

  /// The attempt of now ends with an error of its exchange, while bytes are on their way.
  void break_exchange() { attempt_->failed("the exchange", std::make_exception_ptr(ExternalError("broken")), {}); }

  int begun = 0;  ///< attempts
  std::uint64_t bytes = 0;

 private:
  /// Later, unless the attempt of now is over by then.
  void later(std::function<void()> what) {
    world_.post([this, alive = alive_, turn = turn_, what = std::move(what)] {
      if (*alive && turn == turn_) what();
    });
  }

  void for_owner(SubtaskIndex subtask, const std::function<void(JobMember&)>& order) {
    const std::uint32_t process = placement.process_of(subtask);
    later([&member = *members_[process - 1], order] { order(member); });
  }

  void connect(std::uint32_t process, Exchange& exchange) {
    exchanges_[process] = &exchange;
    for (std::uint32_t other = 0; other < exchanges_.size(); ++other) {
      if (other == process || exchanges_[other] == nullptr) continue;
      attach(process, other);
      attach(other, process);
    }
  }
  /// What `from` writes, `to` receives.
  void attach(std::uint32_t from, std::uint32_t to) {
    exchanges_[from]->attach(to, [this, alive = alive_, from, to, turn = turn_](const std::string& written) {
      world_.post([this, alive, from, to, turn, written] {
        if (!*alive || turn != turn_ || exchanges_[to] == nullptr) return;
        bytes += written.size();
        const std::size_t half = written.size() / 2;
        if (half > 0) exchanges_[to]->received(from, written.substr(0, half));
        exchanges_[to]->received(from, written.substr(half));
      });
    });
  }

  JobMember::Events events_of(std::uint32_t process) {
    JobMember::Events events;
    events.begun = [this, process](Exchange& exchange) { connect(process, exchange); };
    events.acknowledged = [this](CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask,
                                 const TaskSnapshot& snapshot) {
      later([=, this] { attempt_->acknowledged(checkpoint, task, subtask, snapshot); });
    };
    events.declined = [this](CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask, const std::string& why) {
      later([=, this] { attempt_->declined(checkpoint, task, subtask, why); });
    };
    events.subtask_ended = [this](const std::vector<SinkDelivery>& staged) {
      later([=, this] { attempt_->subtask_ended(staged); });
    };
    events.source_exhausted = [this] { later([this] { attempt_->source_exhausted(); }); };
    events.failed = [this](const std::string& where, const std::exception_ptr& error,
                           const std::vector<std::pair<std::string, std::string>>& damaged) {
      later([=, this] { attempt_->failed(where, error, damaged); });
    };
    return events;
  }

 public:
  Placement placement;

 private:
  sim::World& world_;
  std::shared_ptr<bool> alive_;
  std::uint64_t turn_ = 0;
  Attempt* attempt_ = nullptr;
  std::vector<Exchange*> exchanges_;  ///< by process; null: not there yet
  std::vector<std::unique_ptr<JobMember>> members_;
};

}  // namespace weir::runtime
