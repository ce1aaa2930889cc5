#include "weir/runtime/job_member.h"

#include <utility>

#include <fmt/format.h>

#include "weir/checkpoint/layout.h"
#include "weir/checkpoint/store.h"
#include "weir/runtime/memory_plan.h"

#include "user_code.h"

namespace weir::runtime {

JobMember::JobMember(Host& host, Graph graph, JobOptions options, std::uint32_t process, Events events)
    : host_(host),
      graph_(std::move(graph)),
      options_(std::move(options)),
      process_(process),
      plan_(make_plan(graph_, options_.parallelism, options_.key_groups)),
      events_(std::move(events)),
      self_(std::make_shared<JobMember*>(this)) {
  if (options_.memory && !options_.state_share)
    options_.state_share = plan_memory(*options_.memory, graph_, plan_, options_).state_share;
}

JobMember::~JobMember() {
  self_.reset();
  end();
}

void JobMember::begin(const OtherProcesses::Beginning& beginning) {
  const std::uint64_t turn = ++turn_;
  preparing_ = true;
  auto local = std::make_shared<std::shared_ptr<LocalState>>();
  std::string directory;
  if (beginning.checkpoints) {
    const bool within = options_.state_directory.empty();
    const checkpoint::Layout layout(within ? options_.checkpoints->directory : options_.state_directory,
                                    options_.checkpoints->job);
    directory = fmt::format("{}-{}", layout.local(beginning.generation, beginning.attempt), process_);
  }
  host_.blocking(
      [local, directory, host = &host_, factory = options_.cold_stores, graph = &graph_, plan = &plan_] {
        if (!directory.empty()) *local = std::make_shared<LocalState>(*host, directory, factory, *graph, *plan);
      },
      [weak = std::weak_ptr<JobMember*>(self_), turn, beginning, local](const std::exception_ptr& error) {
        if (const auto self = weak.lock()) (*self)->prepared(turn, beginning, *local, error);
      });
}

void JobMember::prepared(std::uint64_t turn, const OtherProcesses::Beginning& beginning,
                         std::shared_ptr<LocalState> local, const std::exception_ptr& error) {
  if (turn != turn_) {
    if (local != nullptr) host_.blocking([local] { local->remove(); }, [](const std::exception_ptr&) {});
    return;
  }
  preparing_ = false;
  if (error) return fail("preparing local state", error);
  local_ = std::move(local);
  std::optional<AttemptCheckpoints> checkpoints;
  if (beginning.checkpoints) {
    const checkpoint::Layout layout(options_.checkpoints->directory, options_.checkpoints->job);
    checkpoints = AttemptCheckpoints{beginning.attempt, beginning.generation,
                                     std::make_shared<const checkpoint::Store>(host_, layout), local_, beginning.from};
  }
  attempt_ = std::make_unique<Attempt>(host_, graph_, plan_, options_, std::move(checkpoints), attempt_events(),
                                       Share{options_.placement, process_, nullptr});
  if (const std::exception_ptr failure = failure_of([this] { attempt_->start(); }))
    return fail("starting the job", failure);
  events_.begun(*attempt_->exchange());
  for (const auto& what : std::exchange(orders_, {})) what(*attempt_);
}

void JobMember::end() {
  ++turn_;
  preparing_ = false;
  orders_.clear();
  attempt_.reset();
  // Whoever still reads or writes there belongs to the attempt that is over.
  if (local_ != nullptr)
    host_.blocking([local = std::move(local_)] { local->remove(); }, [](const std::exception_ptr&) {});
}

void JobMember::fail(const std::string& where, std::exception_ptr error) {
  host_.post([weak = std::weak_ptr<JobMember*>(self_), turn = turn_, where, error = std::move(error)] {
    const auto self = weak.lock();
    if (!self || (*self)->turn_ != turn) return;
    JobMember& member = **self;
    member.events_.failed(where, error,
                          member.attempt_ == nullptr ? std::vector<std::pair<std::string, std::string>>{}
                                                     : member.attempt_->damaged_files());
  });
}

void JobMember::order(std::function<void(Attempt&)> what) {
  if (preparing_) return orders_.push_back(std::move(what));
  if (attempt_ != nullptr) what(*attempt_);
}

void JobMember::assign(TaskIndex task, SubtaskIndex subtask, Split split) {
  order([=](Attempt& attempt) { attempt.assign(task, subtask, split); });
}

void JobMember::no_more_splits(TaskIndex task, SubtaskIndex subtask) {
  order([=](Attempt& attempt) { attempt.no_more_splits(task, subtask); });
}

void JobMember::trigger(checkpoint::Trigger trigger) {
  order([trigger = std::move(trigger)](Attempt& attempt) { attempt.trigger(trigger); });
}

void JobMember::completed(CheckpointId checkpoint) {
  order([checkpoint](Attempt& attempt) { attempt.completed(checkpoint); });
}

std::optional<ShareReport> JobMember::report() const {
  if (attempt_ == nullptr) return std::nullopt;
  return attempt_->report();
}

Attempt::Events JobMember::attempt_events() {
  Attempt::Events events;
  events.on_failed = [this](const std::string& where, std::exception_ptr error) { fail(where, std::move(error)); };
  events.on_acknowledged = events_.acknowledged;
  events.on_declined = events_.declined;
  events.on_subtask_ended = events_.subtask_ended;
  events.on_source_exhausted = events_.source_exhausted;
  return events;
}

}  // namespace weir::runtime
