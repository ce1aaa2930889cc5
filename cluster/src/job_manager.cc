#include "weir/cluster/job_manager.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "weir/core/error.h"
#include "weir/core/failure.h"
#include "weir/core/file_tools.h"

#include "managed_job.h"

namespace weir::cluster {
namespace {

using runtime::JobState;
using runtime::JobStatus;
using runtime::LogLevel;

std::string nodes_of(const std::vector<JobPlace>& places) {
  std::string nodes;
  for (const JobPlace& place : places) nodes += (nodes.empty() ? "" : " and ") + place.node;
  return nodes;
}

}  // namespace

JobManager::JobManager(Host& host, ProgramPlanner& planner, JobManagerOptions options, ClusterLog log)
    : host_(host),
      planner_(planner),
      options_(std::move(options)),
      log_(std::move(log)),
      store_(std::make_shared<JobStore>(host.files(), options_.directory + "/jobs")),
      incarnation_(host.random()),
      self_(std::make_shared<JobManager*>(this)) {}

JobManager::~JobManager() { *self_ = nullptr; }

std::function<void()> JobManager::guarded(std::function<void(JobManager&)> act) {
  return [self = self_, act = std::move(act)] {
    if (*self != nullptr) act(**self);
  };
}

void JobManager::blocking(std::function<void()> work, std::function<void(JobManager&, std::exception_ptr)> act) {
  ++pending_;
  host_.blocking(std::move(work), [self = self_, act = std::move(act)](std::exception_ptr error) {
    if (*self == nullptr) return;
    --(*self)->pending_;
    act(**self, std::move(error));
    (*self)->maybe_stopped();
  });
}

std::string JobManager::new_id() { return fmt::format("{:016x}{:016x}", host_.random(), host_.random()); }

// ---- Beginning ------------------------------------------------------------------------------------------------------

void JobManager::start(std::function<void(std::exception_ptr)> ready) {
  struct Found {
    std::vector<JobFacts> jobs;
    std::vector<UploadedProgram> programs;
    std::vector<std::string> problems;
  };
  auto found = std::make_shared<Found>();
  auto work = [found, store = store_, &files = host_.files(), directory = programs_directory()] {
    make_durable_directory(files, directory);
    for (const DirectoryEntry& entry : files.list(directory)) {
      const auto end_of_hash = entry.name.find('_');
      if (entry.type == FileType::kFile && end_of_hash != std::string::npos)
        found->programs.push_back({entry.name, entry.name.substr(end_of_hash + 1), -1});
    }
    found->jobs = store->load(found->problems);
  };
  blocking(work, [found, ready](JobManager& self, std::exception_ptr error) {
    if (error) return ready(error);
    for (const std::string& problem : found->problems) self.log_(LogLevel::kError, problem);
    for (const UploadedProgram& program : found->programs) self.programs_.emplace(program.id, program);
    self.recover(std::move(found->jobs));
    try {
      self.listener_ =
          self.host_.network().listen(self.options_.address, [self = self.self_](std::unique_ptr<ByteStream> stream) {
            if (*self != nullptr) (*self)->accepted(std::move(stream));
          });
    } catch (const Error&) {
      return ready(std::current_exception());
    }
    ready(nullptr);
  });
}

void JobManager::stop(std::function<void()> done) {
  constexpr Duration kPatience{2'000};
  stopping_ = true;
  stopped_ = std::move(done);
  listener_.reset();
  stop_timer_ = host_.at(host_.monotonic_now() + kPatience, guarded([](JobManager& self) {
                           if (self.stopped_) std::exchange(self.stopped_, nullptr)();
                         }));
  maybe_stopped();
}

void JobManager::maybe_stopped() {
  const bool connected = std::any_of(managers_.begin(), managers_.end(),
                                     [](const auto& entry) { return entry.second->conversation != nullptr; });
  if (stopped_ && pending_ == 0 && !connected) std::exchange(stopped_, nullptr)();
}

Address JobManager::address() const { return listener_->address(); }

void JobManager::recover(std::vector<JobFacts> facts) {
  for (JobFacts& fact : facts) {
    const JobId id = fact.job.id;
    auto job = std::make_unique<Job>(std::move(fact.job), options_.restart, next_number_++);
    job->worker.attempt = fact.attempt;
    for (const JobPlace& place : fact.places) job->parts.push_back({place, true});
    if (fact.over) job->restarts = 1;
    job->cancel_asked = job->cancel_stored = fact.cancelled;
    if (fact.end) {
      job->phase = Job::Phase::kEnded;
      job->told = std::make_shared<const JobStatus>(runtime::decode_status(*fact.end));
    } else if (fact.attempt > 0 && !fact.over && !fact.places.empty()) {
      // Its workers may run on: until their TaskManagers say so, or must have killed them.
      job->phase = Job::Phase::kRunning;
      job->attempt_started = host_.monotonic_now();
      for (const JobPlace& place : fact.places) {
        auto& manager = managers_[place.node];
        if (manager != nullptr) continue;
        manager = std::make_unique<Manager>();
        manager->hello.node = place.node;
        manager->give_away_timer = host_.at(may_give_away_at(host_.monotonic_now(), options_.limits),
                                            guarded([node = place.node](JobManager& self) { self.give_away(node); }));
      }
      log_(LogLevel::kInfo, fmt::format("job {} ({}) was run by TaskManager {}: waiting for word of it", id,
                                        job->stored.plan.status.name, nodes_of(fact.places)));
    } else {
      log_(LogLevel::kInfo, fmt::format("job {} ({}) {}", id, job->stored.plan.status.name,
                                        fact.cancelled ? "was cancelled" : "goes on"));
    }
    Job& known = *jobs_.emplace(id, std::move(job)).first->second;
    if (!fact.cancelled || known.phase == Job::Phase::kEnded) continue;
    if (known.phase == Job::Phase::kWaiting) {
      end_as(known, JobState::kCanceled);
    } else {
      limit_cancel(known);
    }
  }
  forget_oldest();
}

// ---- Submitting -----------------------------------------------------------------------------------------------------

void JobManager::run(const RunRequest& request, Submitted done) {
  if (!programs_.contains(request.program))
    throw UserError(fmt::format("there is no program '{}': upload it first", request.program));
  ProgramCommand command;
  command.program = programs_directory() + "/" + request.program;
  command.arguments = request.arguments;
  for (const auto& [key, value] : request.options) command.arguments.push_back(fmt::format("--weir.{}={}", key, value));
  if (!request.savepoint.empty()) command.arguments.push_back("--weir.from=" + request.savepoint);
  if (request.allow_non_restored_state) command.arguments.emplace_back("--weir.allow-non-restored-state");
  command.directory = request.directory.empty() ? options_.job_directory : request.directory;
  command.variables.emplace_back("WEIR_PARALLELISM", std::to_string(options_.default_parallelism));
  planner_.plan(command, [self = self_, command, done](ProgramPlan plan, std::exception_ptr error) {
    if (*self == nullptr) return;
    if (error) return done({}, std::move(error));
    (*self)->accept({(*self)->new_id(), command, (*self)->now_ms(), std::move(plan)}, done);
  });
}

void JobManager::accept(StoredJob stored, const Submitted& done) {
  auto shared = std::make_shared<StoredJob>(std::move(stored));
  blocking(
      [store = store_, shared, &host = host_] {
        store->add(*shared);
        host.crash_point("job manager: job stored");
      },
      [shared, done](JobManager& self, std::exception_ptr error) {
        if (error) return done({}, std::move(error));
        const JobId id = shared->id;
        auto job = std::make_unique<Job>(std::move(*shared), self.options_.restart, self.next_number_++);
        self.log_(LogLevel::kInfo,
                  fmt::format("job {} ({}) is submitted: {}", id, job->stored.plan.status.name, job->stored.plan.text));
        self.jobs_.emplace(id, std::move(job));
        done(id, nullptr);
        self.host_.crash_point("job manager: job accepted");
        self.schedule();
      });
}

// ---- Scheduling -----------------------------------------------------------------------------------------------------

std::uint32_t JobManager::used_slots(const std::string& node) const {
  std::uint32_t used = 0;
  for (const auto& [id, job] : jobs_) {
    if (!job->has_slots()) continue;
    for (const Job::Part& part : job->parts)
      if (part.place.node == node) used += part.place.slots;
  }
  return used;
}

Conversation* JobManager::conversation_of(const std::string& node) {
  const auto manager = managers_.find(node);
  return manager == managers_.end() ? nullptr : manager->second->conversation.get();
}

std::vector<SlotFacts> JobManager::slot_facts() const {
  std::vector<SlotFacts> facts;
  for (const auto& [node, manager] : managers_) {
    const std::uint32_t used = used_slots(node);
    const std::uint32_t slots = manager->hello.slots;
    facts.push_back({node, manager->conversation != nullptr, slots, slots > used ? slots - used : 0});
  }
  return facts;
}

void JobManager::schedule() {
  if (stopping_) return;
  std::vector<Job*> waiting;
  for (const auto& [id, job] : jobs_)
    if (job->phase == Job::Phase::kWaiting) waiting.push_back(job.get());
  std::sort(waiting.begin(), waiting.end(), [](const Job* a, const Job* b) { return a->number < b->number; });
  for (Job* job : waiting) {
    const auto facts = slot_facts();
    if (const auto places = choose_task_managers(job->slots, facts); !places.empty()) {
      start_attempt(*job, places);
    } else if (!std::exchange(job->said_waiting, true)) {
      const std::string why = missing_slots(job->slots, facts);
      log_(LogLevel::kWarning, fmt::format("job {} {}", job->stored.id, why));
      job->note_exception({now_ms(), "JobManager", "the job " + why});
    }
  }
}

void JobManager::start_attempt(Job& job, const std::vector<JobPlace>& places) {
  job.phase = Job::Phase::kStoring;
  job.said_waiting = false;
  job.parts.clear();
  for (const JobPlace& place : places) job.parts.push_back({place});
  job.secret = places.size() > 1 ? new_id() : "";
  job.ending.reset();
  ++job.worker.attempt;
  job.told = nullptr;
  blocking(
      [store = store_, worker = job.worker, places, &host = host_] {
        store->started(worker.job, worker.attempt, places);
        host.crash_point("job manager: attempt stored");
      },
      [id = job.stored.id](JobManager& self, std::exception_ptr error) {
        self.attempt_stored(*self.jobs_.at(id), std::move(error));
      });
}

void JobManager::attempt_stored(Job& job, std::exception_ptr error) {
  const JobId id = job.stored.id;
  job.attempt_started = host_.monotonic_now();
  if (job.cancel_asked) return end_as(job, JobState::kCanceled);
  if (error) return worker_died(job, "JobManager", message_of(error));
  for (const Job::Part& part : job.parts) {
    if (conversation_of(part.place.node) != nullptr) continue;
    job.phase = Job::Phase::kWaiting;
    return schedule();
  }
  job.phase = Job::Phase::kRunning;
  std::vector<JobPlace> places;
  for (const Job::Part& part : job.parts) places.push_back(part.place);
  log_(LogLevel::kInfo,
       fmt::format("job {}, attempt {} goes to TaskManager {}", id, job.worker.attempt, nodes_of(places)));
  start_worker(job, 0, "");
  host_.crash_point("job manager: attempt told");
}

void JobManager::start_worker(Job& job, std::size_t process, const std::string& leader) {
  Job::Part& part = job.parts[process];
  StartWorker start{job.worker,
                    job.stored.command.program,
                    job.stored.command.arguments,
                    job.stored.command.directory,
                    job.stored.command.variables,
                    part.place.slots};
  start.variables.emplace_back("WEIR_WORKER_JOB", job.stored.id);
  start.variables.emplace_back("WEIR_WORKER_GRAPH",
                               fmt::format("{:016x} {}", job.stored.plan.fingerprint, job.stored.plan.text));
  if (job.parts.size() > 1) {
    std::vector<std::size_t> processes;
    for (std::size_t i = 0; i < job.parts.size(); ++i) processes.insert(processes.end(), job.parts[i].place.slots, i);
    start.variables.emplace_back("WEIR_WORKER_ATTEMPT", std::to_string(job.worker.attempt));
    start.variables.emplace_back("WEIR_WORKER_PLACEMENT", fmt::format("{}", fmt::join(processes, ",")));
    start.variables.emplace_back("WEIR_WORKER_PROCESS", std::to_string(process));
    start.variables.emplace_back("WEIR_WORKER_SECRET", job.secret);
    start.variables.emplace_back("WEIR_WORKER_LEADER", leader);
  }
  part.started = true;
  if (Conversation* to = conversation_of(part.place.node)) return to->send(start);
  // Not there any more, and it has not been told.
  worker_ended(job, part.place.node, "the TaskManager was lost before the worker was started", true);
}

void JobManager::worker_ended(Job& job, const std::string& node, const std::string& message, bool on_purpose) {
  Job::Part* ended = job.part_on(node);
  if (ended == nullptr || ended->gone) return;
  ended->gone = true;
  if (!job.ending) {
    job.ending = Job::Ending{"TaskManager " + node, message, on_purpose};
    for (Job::Part& part : job.parts) {
      if (!part.started) part.gone = true;
      if (part.gone) continue;
      if (Conversation* to = conversation_of(part.place.node)) to->send(StopWorker{job.worker});
    }
  }
  // A slot is given away, and the job started again, when nothing of the attempt runs any more.
  if (!std::all_of(job.parts.begin(), job.parts.end(), [](const Job::Part& part) { return part.gone; })) return;
  const Job::Ending ending = *std::exchange(job.ending, std::nullopt);
  ending.on_purpose ? worker_interrupted(job, ending.where, ending.message)
                    : worker_died(job, ending.where, ending.message);
}

void JobManager::attempt_over(Job& job, const std::string& where, const std::string& message) {
  log_(LogLevel::kWarning,
       fmt::format("job {}, attempt {}: {}: {}", job.stored.id, job.worker.attempt, where, message));
  for (const auto& [trigger, location] : job.stopped)
    job.operations.end(trigger, "",
                       fmt::format("the job goes on, for its worker has ended before it said that the job has: {}; the "
                                   "savepoint is in '{}' all the same",
                                   message, location));
  job.stopped.clear();
  job.operations.fail_all("the worker has ended: " + message);
  job.note_exception({now_ms(), where, message});
  blocking(
      [store = store_, worker = job.worker, &host = host_] {
        store->over(worker.job, worker.attempt);
        host.crash_point("job manager: attempt over");
      },
      [](JobManager& self, std::exception_ptr error) {
        if (error) self.log_(LogLevel::kWarning, message_of(error));
      });
}

void JobManager::worker_interrupted(Job& job, const std::string& where, const std::string& message) {
  attempt_over(job, where, message);
  if (job.cancel_asked) return end_as(job, JobState::kCanceled);
  restart_later(job, Duration{0});
}

void JobManager::worker_died(Job& job, const std::string& where, const std::string& message) {
  attempt_over(job, where, message);
  if (job.cancel_asked) return end_as(job, JobState::kCanceled);
  const auto delay = job.counter.on_failure(job.attempt_started, host_.monotonic_now());
  if (!delay) return end_as(job, JobState::kFailed);
  restart_later(job, *delay);
}

void JobManager::restart_later(Job& job, Duration delay) {
  ++job.restarts;
  job.phase = Job::Phase::kBackingOff;
  job.note_change(JobState::kRestarting, now_ms());
  log_(LogLevel::kInfo, fmt::format("job {} is restarted in {} ms", job.stored.id, delay.count()));
  job.timer = host_.at(host_.monotonic_now() + delay, guarded([id = job.stored.id](JobManager& self) {
                         Job& due = *self.jobs_.at(id);
                         if (due.phase != Job::Phase::kBackingOff) return;
                         due.phase = Job::Phase::kWaiting;
                         self.schedule();
                       }));
  schedule();
}

// ---- Ending ---------------------------------------------------------------------------------------------------------

void JobManager::end_as(Job& job, JobState state) {
  JobStatus last = *job.shown(now_ms());
  last.state = state;
  last.ended_ms = now_ms();
  last.now_ms = last.ended_ms;
  last.changes.push_back({state, last.ended_ms});
  job.exceptions.clear();  // `last` has them
  job.changes.clear();
  job.restarts = 0;
  end(job, runtime::encode_status(last));
}

void JobManager::end(Job& job, std::string status) {
  JobStatus last = *job.shown(now_ms());
  job.told = std::make_shared<const JobStatus>(runtime::decode_status(status));
  job.phase = Job::Phase::kEnded;
  job.timer.reset();
  job.end_timer.reset();
  // As it is shown, with what came before the last worker.
  std::string bytes = runtime::encode_status(*job.shown(now_ms()));
  if (job.told->state == JobState::kCanceled) last.state = JobState::kCancelling;
  if (job.told->state == JobState::kFailed) last.state = JobState::kFailing;
  job.shown_last = std::make_shared<const JobStatus>(std::move(last));
  job.phase = Job::Phase::kEnding;
  blocking(
      [store = store_, id = job.stored.id, bytes = std::move(bytes), &host = host_] {
        store->ended(id, bytes);
        host.crash_point("job manager: end stored");
      },
      [id = job.stored.id](JobManager& self, const std::exception_ptr& error) {
        self.end_stored(*self.jobs_.at(id), error);
      });
  schedule();
}

void JobManager::end_stored(Job& job, const std::exception_ptr& error) {
  job.phase = Job::Phase::kEnded;
  job.shown_last = nullptr;
  log_(LogLevel::kInfo,
       fmt::format("job {} ({}): {}", job.stored.id, job.stored.plan.status.name, runtime::to_string(job.told->state)));
  const std::string lost = error ? fmt::format(
                                       "job {} has ended, but that could not be written down, so that a "
                                       "JobManager that is started again would run it again: {}",
                                       job.stored.id, message_of(error))
                                 : "";
  if (error) log_(LogLevel::kError, lost);
  for (const auto& [trigger, location] : job.stopped)
    job.operations.end(trigger, location, error ? fmt::format("{}; the savepoint is in '{}'", lost, location) : "");
  job.operations.fail_all("the job has ended");
  forget_oldest();
}

void JobManager::forget_oldest() {
  std::vector<const Job*> ended;
  for (const auto& [id, job] : jobs_)
    if (job->phase == Job::Phase::kEnded && job->asking.empty()) ended.push_back(job.get());
  if (ended.size() <= options_.kept_jobs) return;
  std::sort(ended.begin(), ended.end(), [](const Job* a, const Job* b) { return a->number < b->number; });
  ended.resize(ended.size() - options_.kept_jobs);
  for (const Job* job : ended) {
    const JobId id = job->stored.id;
    jobs_.erase(id);
    blocking([store = store_, id] { store->remove(id); },
             [](JobManager& self, std::exception_ptr error) {
               if (error) self.log_(LogLevel::kWarning, message_of(error));
             });
  }
}

bool JobManager::cancel(const JobId& id, Cancelled done) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return false;
  Job& job = *found->second;
  if (job.phase == Job::Phase::kEnded || job.cancel_stored) {
    cancel_now(job);
    done(nullptr);
    return true;
  }
  job.asking.push_back(std::move(done));
  if (job.asking.size() > 1) return true;
  blocking(
      [store = store_, id, &host = host_] {
        store->cancelled(id);
        host.crash_point("job manager: cancel stored");
      },
      [id](JobManager& self, const std::exception_ptr& error) {
        Job& asked = *self.jobs_.at(id);
        asked.cancel_stored = error == nullptr;
        std::exception_ptr problem;
        if (error)
          problem = std::make_exception_ptr(ExternalError(
              fmt::format("job {} is being cancelled, but that could not be written down, so that a JobManager that is "
                          "started again before the job has ended would run it again: {}",
                          id, message_of(error))));
        const auto asking = std::exchange(asked.asking, {});
        self.cancel_now(asked);
        for (const Cancelled& answer : asking) answer(problem);
      });
  return true;
}

void JobManager::cancel_now(Job& job) {
  switch (job.phase) {
    case Job::Phase::kEnding:
    case Job::Phase::kEnded:
      return;
    case Job::Phase::kWaiting:
    case Job::Phase::kBackingOff:
      return end_as(job, JobState::kCanceled);
    case Job::Phase::kStoring:
      job.cancel_asked = true;
      return;
    case Job::Phase::kRunning:
      break;
  }
  if (std::exchange(job.cancel_asked, true)) {
    for (const Job::Part& part : job.parts)
      if (Conversation* to = conversation_of(part.place.node)) to->send(StopWorker{job.worker});
    return;
  }
  log_(LogLevel::kInfo, fmt::format("job {} is to be cancelled", job.stored.id));
  if (Conversation* to = conversation_of(job.leader()))
    to->send(JobCommand{job.worker, JobCommand::Kind::kCancel, "", ""});
  limit_cancel(job);
}

void JobManager::limit_cancel(Job& job) {
  job.note_change(JobState::kCancelling, now_ms());
  job.timer =
      host_.at(host_.monotonic_now() + options_.cancel_limit, guarded([worker = job.worker](JobManager& self) {
                 Job* late = self.job_of(worker);
                 if (late == nullptr || late->phase != Job::Phase::kRunning) return;
                 self.log_(LogLevel::kWarning, fmt::format("job {} does not end: killing its worker", worker.job));
                 self.cancel_now(*late);
               }));
}

// ---- Operations -----------------------------------------------------------------------------------------------------

std::optional<std::string> JobManager::checkpoint(const JobId& id) {
  return command(id, JobCommand::Kind::kCheckpoint, "");
}

std::optional<std::string> JobManager::savepoint(const JobId& id, const std::string& directory, AfterSavepoint after) {
  return command(id, after == AfterSavepoint::kStops ? JobCommand::Kind::kStop : JobCommand::Kind::kSavepoint,
                 directory);
}

std::optional<std::string> JobManager::command(const JobId& id, JobCommand::Kind kind, const std::string& directory) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return std::nullopt;
  Job& job = *found->second;
  Conversation* to = job.phase == Job::Phase::kRunning ? conversation_of(job.leader()) : nullptr;
  if (to == nullptr)
    throw UserError(fmt::format("job {} does not run: it is {}", id, runtime::to_string(job.shown(now_ms())->state)));
  std::string trigger = new_id();
  job.operations.begin(trigger);
  if (kind == JobCommand::Kind::kStop) job.stops.insert(trigger);
  to->send(JobCommand{job.worker, kind, trigger, directory});
  return trigger;
}

std::optional<OperationStatus> JobManager::operation(const JobId& id, const std::string& trigger) const {
  const auto job = jobs_.find(id);
  if (job == jobs_.end()) return std::nullopt;
  return job->second->operations.find(trigger);
}

// ---- Showing --------------------------------------------------------------------------------------------------------

std::vector<JobEntry> JobManager::jobs() const {
  std::vector<const Job*> newest;
  for (const auto& [id, job] : jobs_) newest.push_back(job.get());
  std::sort(newest.begin(), newest.end(), [](const Job* a, const Job* b) { return a->number > b->number; });
  std::vector<JobEntry> entries;
  for (const Job* job : newest) entries.push_back(job->entry(now_ms()));
  return entries;
}

std::optional<JobEntry> JobManager::job(const JobId& id) const {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return std::nullopt;
  return found->second->entry(now_ms());
}

std::vector<TaskManagerStatus> JobManager::task_managers() const {
  std::vector<TaskManagerStatus> all;
  for (const auto& [node, manager] : managers_) {
    if (manager->conversation == nullptr) continue;
    TaskManagerStatus status;
    status.id = node;
    status.address = manager->hello.host;
    status.log_file = manager->hello.log_file;
    status.stdout_file = manager->hello.stdout_file;
    const auto ago = host_.monotonic_now() - manager->conversation->last_heard();
    status.last_heartbeat_ms = to_ms(host_.wall_now()) - std::chrono::floor<Duration>(ago).count();
    status.slots = manager->hello.slots;
    const std::uint32_t used = used_slots(node);
    status.free_slots = status.slots > used ? status.slots - used : 0;
    status.cores = manager->hello.cores;
    status.physical_memory = manager->hello.physical_memory;
    status.used_memory = manager->conversation->heard_heartbeat().used_memory;
    status.process_id = manager->hello.process_id;
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace weir::cluster
