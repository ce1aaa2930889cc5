#include "weir/cluster/task_manager.h"

#include <utility>

#include <fmt/format.h>

#include "weir/cluster/cluster_rules.h"
#include "weir/core/error.h"

namespace weir::cluster {
namespace {

using runtime::LogLevel;

/// Messages about ended workers that are kept for a JobManager that comes back.
constexpr std::size_t kRemembered = 1000;

std::string text_of(const WorkerName& name) { return fmt::format("job {}, attempt {}", name.job, name.attempt); }

}  // namespace

TaskManager::TaskManager(Host& host, WorkerLauncher& launcher, TaskManagerOptions options, ClusterLog log)
    : host_(host),
      launcher_(launcher),
      options_(std::move(options)),
      log_(std::move(log)),
      self_(std::make_shared<TaskManager*>(this)) {}

TaskManager::~TaskManager() { *self_ = nullptr; }

std::function<void()> TaskManager::guarded(std::function<void(TaskManager&)> act) {
  return [self = self_, act = std::move(act)] {
    if (*self != nullptr) act(**self);
  };
}

void TaskManager::start() {
  last_answered_ = host_.monotonic_now();
  connect();
  watch_fence();
}

void TaskManager::connect() {
  host_.network().connect(options_.job_manager,
                          [self = self_](std::unique_ptr<ByteStream> stream, const std::string& error) {
                            if (*self != nullptr) (*self)->connected(std::move(stream), error);
                          });
}

void TaskManager::connected(std::unique_ptr<ByteStream> stream, const std::string& error) {
  if (stream == nullptr) return lost(error);
  conversation_ = std::make_unique<Conversation>(
      host_, std::move(stream), options_.limits,
      Conversation::Events{[this](const Message& message) { on_message(message); },
                           [this](const std::string& why) { lost(why.empty() ? "it closed the connection" : why); }});
  Hello hello = options_.hello;
  for (const auto& [name, running] : workers_) hello.running.push_back(name);
  conversation_->send(hello);
  tell_memory();
}

void TaskManager::tell_memory() {
  if (conversation_ == nullptr) return;
  std::uint64_t used = options_.memory_of(options_.hello.process_id);
  for (const auto& [name, running] : workers_) used += options_.memory_of(running.worker->pid());
  conversation_->set_used_memory(used);
}

void TaskManager::lost(const std::string& why) {
  if (conversation_ != nullptr && welcomed_) last_answered_ = conversation_->last_answered();
  conversation_.reset();
  const bool was_connected = std::exchange(welcomed_, false);
  if (was_connected || !std::exchange(complained_, true))
    log_(LogLevel::kWarning,
         fmt::format("no JobManager at {}: {}; trying again", to_string(options_.job_manager), why));
  retry();
}

void TaskManager::retry() {
  retry_timer_ =
      host_.at(host_.monotonic_now() + options_.reconnect, guarded([](TaskManager& self) { self.find_and_connect(); }));
}

void TaskManager::find_and_connect() {
  const auto found = std::make_shared<std::optional<Address>>();
  host_.blocking([found, find = options_.find_job_manager] { *found = find(); },
                 [self = self_, found](const std::exception_ptr&) {
                   if (*self == nullptr || (*self)->stopping_) return;
                   // If that cannot be read now, the next try may.
                   if (*found) (*self)->options_.job_manager = **found;
                   (*self)->connect();
                 });
}

void TaskManager::watch_fence() {
  fence_timer_ = host_.at(host_.monotonic_now() + options_.limits.interval, guarded([](TaskManager& self) {
                            if (self.conversation_ != nullptr && self.welcomed_)
                              self.last_answered_ = self.conversation_->last_answered();
                            const auto decision =
                                decide_fence(self.last_answered_, self.host_.monotonic_now(), self.options_.limits);
                            if (decision == FenceDecision::kKillWorkers)
                              self.kill_all("the JobManager has not answered for too long");
                            self.tell_memory();
                            self.watch_fence();
                          }));
}

void TaskManager::on_message(const Message& message) {
  std::visit(
      [this](const auto& what) {
        if constexpr (requires { this->on(what); }) {
          this->on(what);
        } else {
          log_(LogLevel::kWarning, "the JobManager said what is not for a TaskManager");
        }
      },
      message);
}

void TaskManager::on(const Welcome& welcome) {
  welcomed_ = true;
  complained_ = false;
  options_.hello.incarnation = welcome.incarnation;
  log_(LogLevel::kInfo, fmt::format("connected to the JobManager at {}", to_string(options_.job_manager)));
  for (const Message& message : last_said_) conversation_->send(message);
  for (const auto& [name, running] : workers_)
    if (running.ready) conversation_->send(*running.ready);
  options_.on_welcome();
}

void TaskManager::on(const Refused& refused) {
  log_(LogLevel::kError, fmt::format("the JobManager at {} refuses this TaskManager: {}",
                                     to_string(options_.job_manager), refused.reason));
  complained_ = true;
}

void TaskManager::on(const StartWorker& start) {
  const WorkerName name = start.worker;
  if (stopping_) return say(WorkerEnded{name, "was not started: its TaskManager stops", "", true});
  log_(LogLevel::kInfo, fmt::format("{}: starting {}", text_of(name), start.program));
  try {
    Running running{start, nullptr, false};
    running.worker =
        launcher_.launch(start, {[this, name](Message message) { from_worker(name, std::move(message)); },
                                 [this, name](WorkerLauncher::End end) { worker_ended(name, std::move(end)); }});
    workers_.insert_or_assign(name, std::move(running));
    host_.crash_point("task manager: worker started");
  } catch (const Error& error) {
    say_for_good(WorkerEnded{name, error.what(), "", false});
  }
}

void TaskManager::on(const StopWorker& stop) {
  const auto found = workers_.find(stop.worker);
  if (found == workers_.end()) return say(WorkerEnded{stop.worker, "does not run", "", true});
  found->second.killed = true;
  found->second.worker->kill();
}

void TaskManager::on(const JobCommand& command) {
  const auto found = workers_.find(command.worker);
  if (found == workers_.end()) return say(CommandResult{command.worker, command.trigger, "", "the worker has ended"});
  found->second.worker->send(command);
}

void TaskManager::from_worker(const WorkerName& name, Message message) {
  // Whatever a worker calls itself: it speaks for its own attempt alone.
  if (auto* report = std::get_if<JobReport>(&message)) {
    report->worker = name;
    return say(message);
  }
  if (auto* result = std::get_if<CommandResult>(&message)) {
    result->worker = name;
    return say(message);
  }
  if (auto* ready = std::get_if<WorkerReady>(&message)) {
    ready->worker = name;
    if (const auto found = workers_.find(name); found != workers_.end()) found->second.ready = *ready;
    return say(message);
  }
  if (auto* ended = std::get_if<JobEnded>(&message)) {
    ended->worker = name;
    return say_for_good(std::move(message));
  }
  log_(LogLevel::kWarning,
       fmt::format("{} said a {}, which is not for a TaskManager", text_of(name), name_of(message)));
}

void TaskManager::worker_ended(const WorkerName& name, WorkerLauncher::End end) {
  const auto found = workers_.find(name);
  if (found == workers_.end()) return;
  const auto worker = std::move(found->second.worker);  // it is in one of its events
  const bool on_purpose = found->second.killed;
  workers_.erase(found);
  log_(LogLevel::kInfo, fmt::format("{}: the worker {}", text_of(name), end.what));
  host_.crash_point("task manager: worker ended");
  say_for_good(WorkerEnded{name, std::move(end.what), std::move(end.last_words), on_purpose, end.in_order});
  maybe_stopped();
}

void TaskManager::kill_all(const std::string& why) {
  for (auto& [name, running] : workers_) {
    if (std::exchange(running.killed, true)) continue;
    log_(LogLevel::kWarning, fmt::format("{}: killing the worker: {}", text_of(name), why));
    running.worker->kill();
  }
}

void TaskManager::stop(std::function<void()> done) {
  stopping_ = true;
  stopped_ = std::move(done);
  kill_all("this TaskManager stops");
  maybe_stopped();
}

void TaskManager::maybe_stopped() {
  if (!stopped_ || !workers_.empty()) return;
  retry_timer_.reset();
  if (conversation_ != nullptr) conversation_->close();
  std::exchange(stopped_, nullptr)();
}

void TaskManager::say(const Message& message) {
  if (conversation_ != nullptr && welcomed_) conversation_->send(message);
}

void TaskManager::say_for_good(Message message) {
  say(message);
  last_said_.push_back(std::move(message));
  if (last_said_.size() > kRemembered) last_said_.pop_front();
}

}  // namespace weir::cluster
