#include "weir/cluster/job_processes.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "weir/checkpoint/manifest.h"
#include "weir/core/error.h"
#include "weir/runtime/share_report.h"

namespace weir::cluster {
namespace {

constexpr std::size_t kMostGuests = 64;

/// An error of another process.
std::exception_ptr error_of(const TasksFailed& failed) {
  const auto retry = failed.retry ? Retry::kYes : Retry::kNo;
  return std::make_exception_ptr(Error(Domain::kExternal, retry, failed.what));
}

std::vector<runtime::SinkDelivery> staged_of(const SubtaskEnded& ended) {
  std::vector<runtime::SinkDelivery> staged;
  for (const SubtaskEnded::Output& output : ended.staged)
    staged.push_back({output.sink, {{output.checkpoint, output.subtask, output.handle}}});
  return staged;
}

std::string bytes_of(const std::shared_ptr<const checkpoint::Manifest>& manifest) {
  return manifest == nullptr ? std::string() : checkpoint::encode_manifest(*manifest);
}

}  // namespace

JobProcesses::JobProcesses(Host& host, const std::string& at, JobProcess me, runtime::Placement placement,
                           HeartbeatLimits limits, Events events)
    : host_(host),
      placement_(std::move(placement)),
      limits_(limits),
      events_(std::move(events)),
      door_(host, {at, 0}, std::move(me)),
      members_(placement_.processes()),
      self_(std::make_shared<JobProcesses*>(this)) {
  listener_ = host.network().listen({at, 0}, [weak = std::weak_ptr(self_)](std::unique_ptr<ByteStream> in) {
    if (const auto self = weak.lock()) (*self)->accepted(std::move(in));
  });
}

JobProcesses::~JobProcesses() = default;

void JobProcesses::close() {
  over_ = true;
  say_to_all(JobOver{turn_});
  for (const Member& member : members_)
    if (member.conversation != nullptr) member.conversation->close();
}

// ---- Joining --------------------------------------------------------------------------------------------------------

void JobProcesses::accepted(std::unique_ptr<ByteStream> stream) {
  if (guests_.size() >= kMostGuests) guests_.erase(guests_.begin());
  const std::uint64_t guest = next_guest_++;
  guests_[guest] = std::make_unique<Conversation>(
      host_, std::move(stream), limits_,
      Conversation::Events{[this, guest](const Message& message) { introduced(guest, message); },
                           [this, guest](const std::string&) { guests_.erase(guest); }},
      kLargestTalk);
}

void JobProcesses::introduced(std::uint64_t guest, const Message& message) {
  auto conversation = std::move(guests_.extract(guest).mapped());
  const auto* join = std::get_if<JoinJob>(&message);
  if (join == nullptr || !refusal(*join).empty()) {
    if (join != nullptr) conversation->send(Refused{refusal(*join)});
    // Not in one of its own events.
    return host_.post(
        [conversation = std::shared_ptr<Conversation>(std::move(conversation))] { conversation->close(); });
  }
  const std::uint32_t process = join->process;
  conversation->set_events({[this, process](const Message& heard_message) { heard(process, heard_message); },
                            [this, process](const std::string& why) {
                              lose(fmt::format("process {} of the job is gone: {}", process,
                                               why.empty() ? "it closed the connection" : why));
                            }});
  members_[process] = {std::move(conversation), {join->exchange_host, join->exchange_port, join->exchange_here}};
  const bool all = std::all_of(members_.begin() + 1, members_.end(),
                               [](const Member& member) { return member.conversation != nullptr; });
  if (all) events_.all_joined();
}

std::string JobProcesses::refusal(const JoinJob& join) const {
  const JobProcess& me = door_.me();
  if (join.worker != me.worker || join.secret != me.secret) return "this process leads another job, or another attempt";
  if (join.process == 0 || join.process >= members_.size())
    return fmt::format("the job has {} processes", members_.size());
  if (members_[join.process].conversation != nullptr) return fmt::format("process {} is here already", join.process);
  return "";
}

void JobProcesses::lose(const std::string& why) {
  if (!std::exchange(over_, true)) events_.lost(why);
}

// ---- Orders ---------------------------------------------------------------------------------------------------------

void JobProcesses::say(std::uint32_t process, const JobTalk& talk) {
  if (members_[process].conversation != nullptr) members_[process].conversation->send(JobTalkBytes{encode_talk(talk)});
}

void JobProcesses::say_to_all(const JobTalk& talk) {
  for (std::uint32_t process = 1; process < members_.size(); ++process) say(process, talk);
}

void JobProcesses::begin(runtime::Attempt& attempt, runtime::Exchange& exchange, const Beginning& beginning) {
  attempt_ = &attempt;
  ++turn_;
  BeginTasks begin{turn_, beginning.checkpoints, beginning.attempt, beginning.generation, bytes_of(beginning.from), {}};
  begin.exchanges.push_back(door_.address());
  for (std::size_t process = 1; process < members_.size(); ++process)
    begin.exchanges.push_back(members_[process].exchange);
  say_to_all(begin);
  connections_ = std::make_unique<ExchangeConnections>(host_, door_, turn_, begin.exchanges, exchange,
                                                       [this](const std::string& why) { lose(why); });
}

void JobProcesses::end() {
  if (attempt_ == nullptr) return;
  attempt_ = nullptr;
  connections_.reset();
  say_to_all(EndTasks{turn_});
}

void JobProcesses::assign(TaskIndex task, SubtaskIndex subtask, const Split& split) {
  say(placement_.process_of(subtask), AssignSplit{turn_, task, subtask, split.id, split.position});
}

void JobProcesses::no_more_splits(TaskIndex task, SubtaskIndex subtask) {
  say(placement_.process_of(subtask), NoMoreSplits{turn_, task, subtask});
}

void JobProcesses::trigger(const checkpoint::Trigger& trigger) {
  say_to_all(TriggerBarrier{turn_, trigger.checkpoint, bytes_of(trigger.base), trigger.final, trigger.savepoint,
                            trigger.sources == checkpoint::AfterBarrier::kStop});
}

void JobProcesses::completed(CheckpointId checkpoint) { say_to_all(CheckpointCompleted{turn_, checkpoint}); }

// ---- What they tell -------------------------------------------------------------------------------------------------

void JobProcesses::heard(std::uint32_t process, const Message& message) {
  if (over_) return;
  const auto* bytes = std::get_if<JobTalkBytes>(&message);
  if (bytes == nullptr)
    return lose(
        fmt::format("process {} of the job said a {}, which is not for one that leads", process, name_of(message)));
  try {
    std::visit([this, process](const auto& what) { on(process, what); }, decode_talk(bytes->bytes));
  } catch (const Error& error) {
    lose(fmt::format("process {} of the job said what cannot be read: {}", process, error.what()));
  }
}

template <class What>
void JobProcesses::on(std::uint32_t process, const What& what) {
  // What is said of an attempt that is over counts no more.
  if (attempt_ == nullptr || what.turn != turn_) return;
  if constexpr (std::is_same_v<What, TaskAcknowledged>) {
    attempt_->acknowledged(what.checkpoint, what.task, what.subtask, decode_snapshot(what.snapshot));
  } else if constexpr (std::is_same_v<What, TaskDeclined>) {
    attempt_->declined(what.checkpoint, what.task, what.subtask, what.why);
  } else if constexpr (std::is_same_v<What, SubtaskEnded>) {
    attempt_->subtask_ended(staged_of(what));
  } else if constexpr (std::is_same_v<What, SourceExhausted>) {
    attempt_->source_exhausted();
  } else if constexpr (std::is_same_v<What, TasksFailed>) {
    attempt_->failed(what.where, error_of(what), what.damaged);
  } else if constexpr (std::is_same_v<What, ExchangeLost>) {
    lose(fmt::format("process {} of the job says: {}", process, what.why));
  } else if constexpr (std::is_same_v<What, TasksCounted>) {
    attempt_->reported(process, runtime::decode_report(what.report));
  } else {
    lose(fmt::format("process {} of the job gave an order to the one that leads", process));
  }
}

}  // namespace weir::cluster
