// A JobManager's TaskManagers, and what they tell of their workers.

#include <utility>

#include <fmt/format.h>

#include "weir/cluster/job_manager.h"
#include "weir/core/error.h"

#include "managed_job.h"

namespace weir::cluster {
namespace {

using runtime::JobState;
using runtime::JobStatus;
using runtime::LogLevel;

/// Connections that have not said who they are.
constexpr std::size_t kMostGuests = 64;

}  // namespace

void JobManager::accepted(std::unique_ptr<ByteStream> stream) {
  if (guests_.size() >= kMostGuests) guests_.erase(guests_.begin());
  const std::uint64_t guest = next_guest_++;
  guests_[guest] = std::make_unique<Conversation>(
      host_, std::move(stream), options_.limits,
      Conversation::Events{[this, guest](const Message& message) { introduced(guest, message); },
                           [this, guest](const std::string&) { guests_.erase(guest); }});
}

void JobManager::introduced(std::uint64_t guest, const Message& message) {
  auto conversation = std::move(guests_.extract(guest).mapped());
  const auto* hello = std::get_if<Hello>(&message);
  const std::string why = hello == nullptr
                              ? fmt::format("the first message must be a Hello, not a {}", name_of(message))
                              : decide_hello(*hello, options_.peers);
  if (!why.empty()) {
    log_(LogLevel::kWarning, fmt::format("a TaskManager was refused: {}", why));
    conversation->send(Refused{why});
    // Not in one of its own events.
    return host_.post(
        [conversation = std::shared_ptr<Conversation>(std::move(conversation))] { conversation->close(); });
  }
  welcome(*hello, std::move(conversation));
}

void JobManager::welcome(Hello hello, std::unique_ptr<Conversation> conversation) {
  const std::string node = hello.node;
  auto& manager = managers_[node];
  if (manager == nullptr) manager = std::make_unique<Manager>();
  manager->give_away_timer.reset();
  manager->hello = std::move(hello);
  conversation->set_events(
      {[this, node](const Message& message) { on_message(node, message); },
       [this, node](const std::string& why) { lost(node, why.empty() ? "it closed the connection" : why); }});
  // Of two connections of one TaskManager the newer counts.
  manager->conversation = std::move(conversation);
  log_(LogLevel::kInfo, fmt::format("TaskManager {} is connected, with {} slots", node, manager->hello.slots));
  manager->conversation->send(Welcome{kProtocolVersion, options_.peers.cluster, incarnation_});

  const std::vector<WorkerName>& running = manager->hello.running;
  for (const WorkerName& worker : running) {
    Job* job = job_of(worker);
    const Job::Part* part = job == nullptr ? nullptr : job->part_on(node);
    if (part == nullptr || part->gone || job->ending || job->phase != Job::Phase::kRunning) {
      log_(LogLevel::kWarning, fmt::format("job {}, attempt {} on TaskManager {} is none of mine: it is killed",
                                           worker.job, worker.attempt, node));
      manager->conversation->send(StopWorker{worker});
    } else if (job->cancel_asked && job->leader() == node) {
      manager->conversation->send(JobCommand{worker, JobCommand::Kind::kCancel, "", ""});
    }
  }
  for (const auto& [id, job] : jobs_) {
    const Job::Part* part = job->part_on(node);
    if (job->phase != Job::Phase::kRunning || part == nullptr || !part->started || part->gone) continue;
    const bool runs = std::find(running.begin(), running.end(), job->worker) != running.end();
    // It ended, and the TaskManager says how; or it never started, and that is what this asks.
    if (!runs) manager->conversation->send(StopWorker{job->worker});
  }
  schedule();
}

JobManager::Job* JobManager::job_of(const WorkerName& worker) {
  const auto found = jobs_.find(worker.job);
  return found == jobs_.end() || found->second->worker != worker ? nullptr : found->second.get();
}

void JobManager::on_message(const std::string& node, const Message& message) {
  Manager& manager = *managers_.at(node);
  std::visit(
      [&](const auto& what) {
        if constexpr (requires { this->on(manager, what); }) {
          // What is said of an attempt that is over, or runs elsewhere, counts no more.
          Job* job = job_of(what.worker);
          if (job != nullptr && job->part_on(node) != nullptr && job->phase == Job::Phase::kRunning)
            this->on(manager, what);
        } else {
          log_(LogLevel::kWarning,
               fmt::format("TaskManager {} said a {}, which is not for a JobManager", node, name_of(message)));
        }
      },
      message);
}

void JobManager::on(Manager&, const JobReport& report) {
  Job& job = *job_of(report.worker);
  try {
    job.told = std::make_shared<const JobStatus>(runtime::decode_status(report.status));
  } catch (const Error& error) {
    if (job.told != nullptr) return;
    // Another build of Weir: it runs, but nobody sees how.
    log_(LogLevel::kWarning, fmt::format("job {}: {}", job.stored.id, error.what()));
    job.told = std::make_shared<const JobStatus>(job.stored.plan.status);
  }
}

void JobManager::on(Manager&, const JobEnded& ended) {
  Job& job = *job_of(ended.worker);
  std::string status = ended.status;
  try {
    (void)runtime::decode_status(status);
  } catch (const Error& error) {
    job.note_exception({now_ms(), "worker", error.what()});
    return end_as(job, JobState::kFailed);
  }
  end(job, std::move(status));
}

void JobManager::on(Manager& manager, const WorkerEnded& ended) {
  Job& job = *job_of(ended.worker);
  std::string message = "the worker " + ended.what;
  if (!ended.last_words.empty()) message += "; the last lines of its log:\n" + ended.last_words;
  // One that joined ends in order when the one that leads has told it that the job is over, and told us, too.
  if (ended.in_order && !ended.on_purpose && !job.ending && job.leader() != manager.hello.node)
    return expect_end(job, manager.hello.node, message);
  worker_ended(job, manager.hello.node, message, ended.on_purpose);
}

void JobManager::expect_end(Job& job, const std::string& node, const std::string& message) {
  job.end_timer = host_.at(host_.monotonic_now() + options_.limits.silence,
                           guarded([worker = job.worker, node, message](JobManager& self) {
                             Job* late = self.job_of(worker);
                             if (late != nullptr) self.worker_ended(*late, node, message, false);
                           }));
}

void JobManager::on(Manager& manager, const WorkerReady& ready) {
  Job& job = *job_of(ready.worker);
  if (job.ending || job.leader() != manager.hello.node) return;
  const std::string leader = fmt::format("{}:{}", ready.host, ready.port);
  for (std::size_t process = 1; process < job.parts.size() && !job.ending; ++process)
    if (!job.parts[process].started) start_worker(job, process, leader);
}

void JobManager::on(Manager&, const CommandResult& result) {
  Job& job = *job_of(result.worker);
  const bool stopped = job.stops.erase(result.trigger) > 0 && result.failure.empty();
  // Whoever hears of it starts another job from there: this one must have ended for certain.
  if (stopped) {
    job.stopped.emplace(result.trigger, result.location);
  } else {
    job.operations.end(result.trigger, result.location, result.failure);
  }
}

void JobManager::lost(const std::string& node, const std::string& why) {
  const auto found = managers_.find(node);
  log_(LogLevel::kWarning, fmt::format("TaskManager {} is lost: {}", node, why));
  found->second->conversation.reset();
  if (used_slots(node) == 0) {
    managers_.erase(found);
    return maybe_stopped();
  }
  found->second->give_away_timer = host_.at(may_give_away_at(host_.monotonic_now(), options_.limits),
                                            guarded([node](JobManager& self) { self.give_away(node); }));
  maybe_stopped();
}

void JobManager::give_away(const std::string& node) {
  managers_.erase(node);
  std::vector<Job*> its;
  for (const auto& [id, job] : jobs_)
    if (job->phase == Job::Phase::kRunning && job->part_on(node) != nullptr) its.push_back(job.get());
  for (Job* job : its) worker_ended(*job, node, "the TaskManager was lost, and did not come back in time", true);
}

}  // namespace weir::cluster
