#include "weir/cluster/member_link.h"

#include <utility>

#include <fmt/format.h>

#include "weir/checkpoint/manifest.h"
#include "weir/cluster/job_processes.h"
#include "weir/core/error.h"

namespace weir::cluster {
namespace {

std::shared_ptr<const checkpoint::Manifest> manifest_of(const std::string& bytes) {
  if (bytes.empty()) return nullptr;
  return std::make_shared<const checkpoint::Manifest>(
      checkpoint::decode_manifest(bytes, "the manifest that the leading process sent"));
}

/// What went wrong, and whether to try again.
std::pair<std::string, bool> told_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& e) {
    return {e.what(), e.retry() == Retry::kYes};
  } catch (const std::exception& e) {
    return {e.what(), true};
  }
}

}  // namespace

MemberLink::MemberLink(Host& host, Host& own, Graph graph, const runtime::JobOptions& job, Options options, Ended ended)
    : host_(host),
      options_(std::move(options)),
      key_groups_(job.key_groups),
      ended_(std::move(ended)),
      door_(host, {options_.at, 0}, options_.me),
      member_(own, std::move(graph), job, options_.me.process, member_events()),
      self_(std::make_shared<MemberLink*>(this)) {}

MemberLink::~MemberLink() = default;

void MemberLink::start() {
  host_.network().connect(options_.leader,
                          [weak = std::weak_ptr(self_)](std::unique_ptr<ByteStream> stream, const std::string& error) {
                            if (const auto self = weak.lock()) (*self)->connected(std::move(stream), error);
                          });
}

void MemberLink::connected(std::unique_ptr<ByteStream> stream, const std::string& error) {
  if (stream == nullptr)
    return end(fmt::format("the process that leads, {}, cannot be reached: {}", to_string(options_.leader), error));
  leader_ = std::make_unique<Conversation>(
      host_, std::move(stream), options_.limits,
      Conversation::Events{[this](const Message& message) { heard(message); },
                           [this](const std::string& why) {
                             end(fmt::format("the process that leads is gone: {}",
                                             why.empty() ? "it closed the connection" : why));
                           }},
      kLargestTalk);
  const ExchangeAddress exchange = door_.address();
  leader_->send(JoinJob{options_.me.worker, options_.me.secret, options_.me.process, exchange.host, exchange.port,
                        exchange.here});
  report();
}

void MemberLink::end(const std::string& why) {
  if (ended_) std::exchange(ended_, nullptr)(why);
}

void MemberLink::count() {
  if (const auto counted = member_.report()) say(TasksCounted{turn_, runtime::encode_report(*counted)});
}

void MemberLink::report() {
  count();
  timer_ = host_.at(host_.monotonic_now() + options_.report_every, [this] { report(); });
}

void MemberLink::say(const JobTalk& talk) {
  if (leader_ != nullptr) leader_->send(JobTalkBytes{encode_talk(talk)});
}

// ---- Orders ---------------------------------------------------------------------------------------------------------

void MemberLink::heard(const Message& message) {
  if (const auto* refused = std::get_if<Refused>(&message))
    return end(fmt::format("the process that leads does not take this one: {}", refused->reason));
  const auto* bytes = std::get_if<JobTalkBytes>(&message);
  if (bytes == nullptr) return end(fmt::format("the process that leads said a {}", name_of(message)));
  try {
    std::visit(
        [this](const auto& what) {
          if constexpr (requires { this->on(what); }) {
            this->on(what);
          } else {
            throw CorruptionError("what only the others tell");
          }
        },
        decode_talk(bytes->bytes));
  } catch (const Error& error) {
    end(fmt::format("the process that leads said what cannot be followed: {}", error.what()));
  }
}

void MemberLink::on(const BeginTasks& begin) {
  turn_ = begin.turn;
  addresses_ = begin.exchanges;
  member_.begin({begin.attempt, begin.checkpoints, begin.generation, manifest_of(begin.from)});
}

void MemberLink::on(const EndTasks& end) {
  if (end.turn != turn_) return;
  connections_.reset();
  member_.end();
}

void MemberLink::on(const JobOver&) { end(""); }

void MemberLink::on(const AssignSplit& assign) {
  if (assign.turn == turn_) member_.assign(assign.task, assign.subtask, {assign.id, assign.position});
}

void MemberLink::on(const NoMoreSplits& no_more) {
  if (no_more.turn == turn_) member_.no_more_splits(no_more.task, no_more.subtask);
}

void MemberLink::on(const TriggerBarrier& trigger) {
  if (trigger.turn != turn_) return;
  if (trigger.final || trigger.stop) final_ = trigger.checkpoint;
  member_.trigger({trigger.checkpoint, manifest_of(trigger.base), trigger.final, trigger.savepoint,
                   trigger.stop ? checkpoint::AfterBarrier::kStop : checkpoint::AfterBarrier::kReadOn});
}

void MemberLink::on(const CheckpointCompleted& completed) {
  if (completed.turn == turn_) member_.completed(completed.checkpoint);
}

// ---- What comes of them ---------------------------------------------------------------------------------------------

runtime::JobMember::Events MemberLink::member_events() {
  runtime::JobMember::Events events;
  events.begun = [this](runtime::Exchange& exchange) {
    connections_ = std::make_unique<ExchangeConnections>(
        host_, door_, turn_, addresses_, exchange,
        [this, turn = turn_](const std::string& why) { say(ExchangeLost{turn, why}); });
  };
  events.acknowledged = [this](CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask,
                               const TaskSnapshot& snapshot) {
    // Nothing is counted behind it.
    if (checkpoint == final_) count();
    say(TaskAcknowledged{turn_, checkpoint, task, subtask, encode_snapshot(snapshot, key_groups_)});
  };
  events.declined = [this](CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask, const std::string& why) {
    say(TaskDeclined{turn_, checkpoint, task, subtask, why});
  };
  events.subtask_ended = [this](const std::vector<runtime::SinkDelivery>& staged) {
    SubtaskEnded ended{turn_, {}};
    for (const runtime::SinkDelivery& of : staged)
      for (const StagedOutput& output : of.outputs)
        ended.staged.push_back({of.sink, output.checkpoint, output.subtask, output.handle});
    count();
    say(ended);
  };
  events.source_exhausted = [this] { say(SourceExhausted{turn_}); };
  events.failed = [this](const std::string& where, const std::exception_ptr& error,
                         const std::vector<std::pair<std::string, std::string>>& damaged) {
    const auto [what, retry] = told_of(error);
    say(TasksFailed{turn_, where, what, retry, damaged});
  };
  return events;
}

}  // namespace weir::cluster
