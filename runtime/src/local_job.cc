#include "weir/runtime/local_job.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "weir/checkpoint/layout.h"
#include "weir/checkpoint/log.h"
#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/core/failure.h"
#include "weir/core/file_tools.h"
#include "weir/runtime/fenced_host.h"
#include "weir/runtime/job_shape.h"
#include "weir/runtime/memory_plan.h"
#include "weir/state/lost_local_state.h"

#include "checkpoints_report.h"
#include "job_report.h"
#include "pending_savepoints.h"
#include "prepared_sinks.h"
#include "state_place.h"
#include "user_code.h"

namespace weir::runtime {

namespace {

bool may_retry(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& e) {
    return e.retry() == Retry::kYes;
  } catch (const std::exception&) {
    return true;
  }
}

JobState final_state(JobResult::State result) {
  switch (result) {
    case JobResult::State::kFinished:
      return JobState::kFinished;
    case JobResult::State::kCancelled:
      return JobState::kCanceled;
    case JobResult::State::kFailed:
      break;
  }
  return JobState::kFailed;
}

}  // namespace

LocalJob::LocalJob(Host& host, Graph graph, JobOptions options, std::function<void(JobResult)> done)
    : host_(host),
      graph_(std::move(graph)),
      options_(std::move(options)),
      plan_(make_plan(graph_, options_.parallelism, options_.key_groups)),
      done_(std::move(done)),
      restarts_(options_.restart),
      report_(std::make_unique<JobReport>(host_, graph_, plan_, options_)),
      sinks_(std::make_shared<PreparedSinks>(graph_)),
      savepoints_(std::make_unique<PendingSavepoints>(
          host_, [this](const AskedSavepoint& asked, const checkpoint::Taken& taken) { saved(asked, taken); })),
      deliveries_(host_, graph_, delivery_events()) {
  WEIR_CHECK(!options_.checkpoints || options_.cold_stores, "checkpoints need cold stores");
  WEIR_CHECK(options_.checkpoints || !options_.memory, "state can leave memory with checkpoints only");
  if (options_.memory && !options_.state_share)
    options_.state_share = plan_memory(*options_.memory, graph_, plan_, options_).state_share;
  self_ = std::make_shared<LocalJob*>(this);
}

LocalJob::~LocalJob() = default;

std::function<void()> LocalJob::guarded(std::function<void(LocalJob&)> act) {
  return [weak = std::weak_ptr<LocalJob*>(self_), act = std::move(act)] {
    if (auto self = weak.lock()) {
      if ((*self)->phase_ != Phase::kOver) act(**self);
    }
  };
}

void LocalJob::later(std::function<void(LocalJob&)> act) { host_.post(guarded(std::move(act))); }

void LocalJob::start() {
  later([](LocalJob& job) { job.begin(); });
}

void LocalJob::cancel() {
  later([](LocalJob& job) {
    job.cancelled_ = true;
    // All is read, and half of the output may be visible already: the job ends as it was about to, if it can.
    if (job.phase_ == Phase::kDelivering && !job.may_give_up_delivering()) return;
    job.finish({JobResult::State::kCancelled, "", nullptr});
  });
}

/// What is not delivered now can be delivered later, and nothing will happen soon.
bool LocalJob::may_give_up_delivering() const { return coordinator_ != nullptr && deliveries_.pausing(); }

// ---- beginning --------------------------------------------------------------------------------------------------

void LocalJob::begin() {
  phase_ = Phase::kStarting;
  report_->enter(JobState::kRunning);
  attempt_started_ = host_.monotonic_now();
  report_->attempt_begins(AttemptId(++attempts_));
  if (!options_.checkpoints) return prepare();
  const auto done = [this](checkpoint::Opened found, std::exception_ptr error) {
    if (phase_ != Phase::kOver) opened(found, std::move(error));
  };
  if (coordinator_ != nullptr) return coordinator_->restore(done);
  checkpoint::CoordinatedJob job{job_shape(graph_, plan_, options_.key_groups), has_exactly_once_sink(graph_)};
  job.fit = [this, shape = job.shape, from = options_.checkpoints->from](checkpoint::Manifest& manifest) {
    std::vector<std::string> dropped = fit_savepoint(manifest, shape, from, options_.non_restored());
    check_states(survey_states(manifest, declared_states(graph_, manifest, host_, options_.key_groups)), from,
                 options_.non_restored());
    return dropped;
  };
  coordinator_ =
      std::make_unique<checkpoint::Coordinator>(host_, *options_.checkpoints, std::move(job), coordinator_events());
  coordinator_->open(done);
}

void LocalJob::opened(const checkpoint::Opened& opened, std::exception_ptr error) {
  using Kind = checkpoint::Opened::Kind;
  constexpr const char* kWhere = "looking for a checkpoint";
  if (error && attempts_ == 1) return finish({JobResult::State::kFailed, message_of(error), error});
  if (error) return attempt_failed(kWhere, std::move(error));
  for (const std::string& warning : opened.warnings) options_.log(LogLevel::kWarning, warning);
  if (opened.kind == Kind::kFinished) {
    options_.log(LogLevel::kInfo, fmt::format("the job has finished before, says '{}'; --weir.restart runs it anew",
                                              options_.checkpoints->directory));
    return finish({JobResult::State::kFinished, "", nullptr});
  }
  opened_ = opened;
  if (opened_.manifest != nullptr) {
    const auto changed = failure_of([&] {
      check_shape(opened_.manifest->shape, job_shape(graph_, plan_, options_.key_groups),
                  options_.checkpoints->directory);
    });
    if (changed) return finish({JobResult::State::kFailed, message_of(changed), changed});
    const bool savepoint = !opened_.savepoint.empty();
    options_.log(LogLevel::kInfo, fmt::format("going on from {} {} in '{}'", savepoint ? "savepoint" : "checkpoint",
                                              opened_.manifest->checkpoint.value(),
                                              savepoint ? opened_.savepoint : options_.checkpoints->directory));
  }
  prepare();
}

void LocalJob::prepare() {
  using Kind = checkpoint::Opened::Kind;
  constexpr GenerationId kFirstGeneration(1);
  const bool again_in_process = attempts_ > 1;
  const bool again = again_in_process || (coordinator_ != nullptr && coordinator_->generation() != kFirstGeneration);
  refused_at_first_ = !again;
  std::string directory;
  GenerationId generation{};
  std::optional<checkpoint::Layout> place;
  if (coordinator_ != nullptr && opened_.kind != Kind::kDrained) {
    const bool within = options_.state_directory.empty();
    const checkpoint::Layout layout(within ? options_.checkpoints->directory : options_.state_directory,
                                    options_.checkpoints->job);
    generation = coordinator_->generation();
    directory = layout.local(generation, AttemptId(attempts_));
    // The coordinator holds the one within the checkpoint directory, and has cleared it.
    if (!within && *state_place_ == nullptr) place = layout;
  }
  struct Prepared {
    std::shared_ptr<LocalState> local;
    std::vector<SurveyedState> survey;
    std::exception_ptr refusal;  ///< of state that the job cannot take
  };
  auto prepared = std::make_shared<Prepared>();
  preparing_ = true;
  host_.blocking(
      [=, sinks = sinks_, held = state_place_, host = &host_, fence = fence(), manifest = opened_.manifest,
       factory = options_.cold_stores, plan = plan_, graph = &graph_, key_groups = options_.key_groups,
       others = options_.non_restored(), options = options_.checkpoints] {
        if (manifest != nullptr && !again_in_process) {
          prepared->refusal = failure_of([&] {
            prepared->survey = survey_states(*manifest, declared_states(*graph, *manifest, *host, key_groups));
            check_states(prepared->survey, options ? options->directory : "", others);
          });
          if (prepared->refusal) return;
        }
        run_user_code([&] {
          if (place) *held = take_state_place(*host, *place, *options, generation);
          FencedHost fenced(*host, fence);
          if (manifest != nullptr) {
            sinks->recover(fenced, manifest->staged);
          } else {
            sinks->prepare(fenced, again);
          }
          if (!directory.empty())
            prepared->local = std::make_shared<LocalState>(*host, directory, factory, *graph, plan);
        });
      },
      [weak = std::weak_ptr<LocalJob*>(self_), prepared](std::exception_ptr error) {
        auto self = weak.lock();
        if (!self) return;
        LocalJob& job = **self;
        job.local_ = std::move(prepared->local);
        if (prepared->refusal && job.phase_ != Phase::kOver) {
          job.preparing_ = false;
          return job.finish({JobResult::State::kFailed, message_of(prepared->refusal), prepared->refusal});
        }
        job.tell(prepared->survey);
        job.prepared(std::move(error));
      });
}

void LocalJob::tell(const std::vector<SurveyedState>& survey) {
  for (const SurveyedState& state : survey) {
    if (state.fate == SurveyedState::Fate::kMigrated) options_.log(LogLevel::kInfo, sentence_about(state));
    if (state.fate == SurveyedState::Fate::kDropped) options_.log(LogLevel::kWarning, sentence_about(state));
  }
}

std::function<void()> LocalJob::fence() const {
  if (coordinator_ == nullptr) return [] {};
  return coordinator_->fence();
}

void LocalJob::prepared(std::exception_ptr error) {
  preparing_ = false;
  if (phase_ == Phase::kOver) return clean_up_when_quiet();
  if (holds<UsageError>(error)) return finish({JobResult::State::kFailed, message_of(error), error});
  refused_at_first_ = false;
  if (error) return attempt_failed("preparing the output", std::move(error));
  if (opened_.manifest == nullptr) return deploy();
  const std::shared_ptr<const checkpoint::Manifest> manifest = opened_.manifest;
  std::vector<SinkDelivery> outputs;
  const auto unknown = failure_of([&] { outputs = deliveries_of(graph_, manifest->staged); });
  if (unknown) return finish({JobResult::State::kFailed, message_of(unknown), unknown});
  if (opened_.kind == checkpoint::Opened::Kind::kDrained) phase_ = Phase::kDelivering;
  deliveries_.deliver(manifest->checkpoint, std::move(outputs));
}

void LocalJob::deploy() {
  std::optional<AttemptCheckpoints> checkpoints;
  if (coordinator_ != nullptr) {
    checkpoints = AttemptCheckpoints{AttemptId(attempts_), coordinator_->generation(), coordinator_->store(), local_,
                                     opened_.manifest};
  }
  phase_ = Phase::kRunning;
  attempt_ = std::make_unique<Attempt>(host_, graph_, plan_, options_, std::move(checkpoints), attempt_events(),
                                       Share{options_.placement, 0, options_.others});
  if (const std::exception_ptr error = failure_of([this] { attempt_->start(); }))
    return attempt_failed("starting the job", error);
  if (coordinator_ != nullptr) coordinator_->begin_attempt(AttemptId(attempts_), attempt_->tasks());
}

// ---- running ----------------------------------------------------------------------------------------------------

Attempt::Events LocalJob::attempt_events() {
  // The attempt tells its end from within its own code: it is taken down afterwards.
  Attempt::Events events;
  events.on_ended = [this](std::vector<SinkDelivery> staged) {
    later([staged = std::move(staged)](LocalJob& job) {
      job.phase_ = Phase::kDelivering;
      job.deliveries_.deliver(CheckpointId(0), staged);
    });
  };
  events.on_failed = [this](std::string where, std::exception_ptr error) {
    later([where = std::move(where), error](LocalJob& job) { job.attempt_failed(where, error); });
  };
  events.on_acknowledged = [this](CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask,
                                  TaskSnapshot snapshot) {
    coordinator_->acknowledge(AttemptId(attempts_), checkpoint, task, subtask, std::move(snapshot));
  };
  events.on_declined = [this](CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask, const std::string& why) {
    coordinator_->decline(AttemptId(attempts_), checkpoint, task, subtask, why);
  };
  events.on_exhausted = [this] { coordinator_->sources_exhausted(AttemptId(attempts_)); };
  return events;
}

checkpoint::Coordinator::Events LocalJob::coordinator_events() {
  checkpoint::Coordinator::Events events;
  events.trigger = [this](const checkpoint::Trigger& trigger) {
    if (attempt_ != nullptr) attempt_->trigger(trigger);
  };
  events.completed = [this](const std::shared_ptr<const checkpoint::Manifest>& manifest) {
    if (attempt_ != nullptr) attempt_->completed(manifest->checkpoint);
    if (manifest->final) phase_ = Phase::kDelivering;
    if (const auto& last = coordinator_->statistics().last) options_.log(LogLevel::kInfo, describe_completed(*last));
    if (opened_.manifest != nullptr && coordinator_->statistics().completed == 1)
      host_.crash_point("restore: first checkpoint");
    deliveries_.deliver(manifest->checkpoint, deliveries_of(graph_, manifest->staged));
  };
  events.aborted = [this](CheckpointId checkpoint, const std::string& why) {
    options_.log(LogLevel::kWarning, fmt::format("checkpoint {} failed: {}; the job runs on, its last completed "
                                                 "checkpoint stays",
                                                 checkpoint.value(), why));
  };
  events.failed = [this](std::exception_ptr error) {
    later([error](LocalJob& job) {
      // Whoever has taken over may know more of the output than this process.
      job.rest_ = Deliveries::Rest::kLeft;
      job.finish({JobResult::State::kFailed, message_of(error), error});
    });
  };
  events.finished = [this] { later([](LocalJob& job) { job.finish({JobResult::State::kFinished, "", nullptr}); }); };
  events.warn = [this](const std::string& warning) { options_.log(LogLevel::kWarning, warning); };
  return events;
}

Deliveries::Events LocalJob::delivery_events() {
  Deliveries::Events events;
  events.delivered = [this](CheckpointId checkpoint) { delivered(checkpoint); };
  events.failed = [this](std::exception_ptr error) {
    later([error](LocalJob& job) {
      job.report_->failed("delivering the output", error);
      job.finish({JobResult::State::kFailed, fmt::format("delivering the output: {}", message_of(error)), error});
    });
  };
  events.retrying = [this](const std::string& text) {
    options_.log(LogLevel::kWarning, text);
    if (!cancelled_) return;
    later([](LocalJob& job) {
      if (job.may_give_up_delivering()) job.finish({JobResult::State::kCancelled, "", nullptr});
    });
  };
  // What a checkpoint has can always be delivered later. Without one there is as much patience as with an attempt.
  if (!options_.checkpoints)
    events.pause = [this](std::uint32_t) { return restarts_.on_failure(attempt_started_, host_.monotonic_now()); };
  return events;
}

void LocalJob::delivered(CheckpointId checkpoint) {
  if (coordinator_ == nullptr) {
    later([](LocalJob& job) { job.finish({JobResult::State::kFinished, "", nullptr}); });
    return;
  }
  savepoints_->delivered(checkpoint, *coordinator_);
  coordinator_->delivered(checkpoint);
  const bool beginning = phase_ == Phase::kStarting && !preparing_ && opened_.manifest != nullptr;
  if (!beginning || deliveries_.busy()) return;
  host_.crash_point("restore: staged output delivered");
  deploy();
}

void LocalJob::checkpoint_now(std::function<void(const checkpoint::Taken&)> done) { take({}, std::move(done)); }

void LocalJob::take(checkpoint::CheckpointWish wish, std::function<void(const checkpoint::Taken&)> done) {
  if (coordinator_ != nullptr) return coordinator_->take_now(wish, std::move(done));
  const char* why = options_.checkpoints ? "the job has not begun yet"
                                         : "the job takes no checkpoints: start it with --weir.checkpoint-dir DIR";
  host_.post([weak = std::weak_ptr<LocalJob*>(self_), why, done = std::move(done)] {
    if (!weak.expired()) done({CheckpointId(0), "", why});
  });
}

// ---- savepoints -------------------------------------------------------------------------------------------------

void LocalJob::savepoint(std::string directory, AfterSavepoint after,
                         std::function<void(const checkpoint::Taken&)> done) {
  checkpoint::CheckpointWish wish;
  wish.savepoint = true;
  if (after == AfterSavepoint::kStops) wish.sources = checkpoint::AfterBarrier::kStop;
  AskedSavepoint asked{std::move(directory), after, std::move(done)};
  take(wish, [weak = std::weak_ptr<LocalJob*>(self_), asked = std::move(asked)](const checkpoint::Taken& taken) {
    if (const auto self = weak.lock()) (*self)->taken(asked, taken);
  });
}

void LocalJob::taken(const AskedSavepoint& asked, const checkpoint::Taken& taken) {
  if (taken.manifest == nullptr) return saved(asked, taken);
  savepoints_->add(asked, taken, *coordinator_);
}

void LocalJob::saved(const AskedSavepoint& asked, const checkpoint::Taken& taken) {
  if (!taken.failure.empty()) {
    options_.log(LogLevel::kWarning, fmt::format("there is no savepoint in '{}': {}", asked.directory, taken.failure));
  } else {
    options_.log(LogLevel::kInfo, fmt::format("savepoint {} is in '{}'", taken.checkpoint.value(), taken.path));
  }
  if (asked.after == AfterSavepoint::kRunsOn || phase_ == Phase::kOver) return asked.done(taken);
  // Told from within the coordinator, which an end takes down.
  host_.post([weak = std::weak_ptr<LocalJob*>(self_), asked, taken] {
    if (const auto self = weak.lock()) (*self)->saved_to_stop(asked, taken);
  });
}

void LocalJob::saved_to_stop(const AskedSavepoint& asked, checkpoint::Taken taken) {
  if (!taken.failure.empty()) {
    read_on();
    return asked.done(taken);
  }
  const bool stopped = phase_ == Phase::kRunning && coordinator_->sources_stopped();
  if (stopped) finish({JobResult::State::kFinished, "", nullptr, taken.path});
  if (phase_ != Phase::kOver && phase_ != Phase::kDelivering) {
    taken.failure = fmt::format(
        "the job failed before it could stop, and goes on from its newest checkpoint; the "
        "savepoint is in '{}' all the same",
        taken.path);
    taken.path.clear();
  }
  asked.done(taken);
}

void LocalJob::read_on() {
  if (coordinator_ == nullptr || phase_ != Phase::kRunning || !coordinator_->sources_stopped()) return;
  options_.log(LogLevel::kWarning, "the job has not stopped: it goes on from its newest checkpoint");
  end_attempt(TaskState::kCanceled);
  report_->enter(JobState::kRestarting);
  begin();
}

void LocalJob::attempt_failed(const std::string& where, std::exception_ptr error) {
  // All is read, and a checkpoint says so: no task is needed any more.
  if (phase_ == Phase::kDelivering) return end_attempt(TaskState::kFinished);
  report_->failed(where, error);
  std::vector<std::pair<std::string, std::string>> damaged;
  if (attempt_ != nullptr) damaged = attempt_->damaged_files();
  end_attempt(TaskState::kCanceled);
  phase_ = Phase::kStarting;
  const std::string message = fmt::format("{}: {}", where, message_of(error));
  if (!damaged.empty()) {
    // Not the job's failure: another checkpoint may do.
    for (const auto& [path, why] : damaged) coordinator_->damaged(path, why);
    options_.log(LogLevel::kWarning, message);
    report_->enter(JobState::kRestarting);
    return begin();
  }
  if (holds<state::LostLocalState>(error)) {
    // Nor is this: the next attempt has a directory of its own.
    options_.log(LogLevel::kWarning, message);
    report_->enter(JobState::kRestarting);
    return begin();
  }
  const auto delay = may_retry(error) ? restarts_.on_failure(attempt_started_, host_.monotonic_now()) : std::nullopt;
  if (!delay) return finish({JobResult::State::kFailed, message, error});
  ++restarted_;
  report_->restarted();
  report_->enter(JobState::kRestarting);
  options_.log(LogLevel::kWarning, fmt::format("{}; restart {} of {} in {} ms", message, restarts_.in_a_row(),
                                               restarts_.allowed(), delay->count()));
  restart_timer_ = host_.at(host_.monotonic_now() + *delay, guarded([](LocalJob& job) { job.begin(); }));
}

// ---- ending -----------------------------------------------------------------------------------------------------

void LocalJob::end_attempt(TaskState rest) {
  last_ = progress();
  if (attempt_ != nullptr) report_->attempt_ends(*attempt_, rest);
  if (coordinator_ != nullptr) coordinator_->end_attempt();
  attempt_.reset();
  opened_ = {};
  savepoints_->give_up();
  if (local_ == nullptr) return;
  // Whoever still reads or writes there belongs to the attempt that is over.
  host_.blocking([local = std::move(local_)] { local->remove(); }, [](const std::exception_ptr&) {});
}

void LocalJob::finish(JobResult result) {
  result_ = std::move(result);
  restart_timer_.reset();
  const bool finished = result_.state == JobResult::State::kFinished;
  end_attempt(finished ? TaskState::kFinished : TaskState::kCanceled);
  if (result_.state == JobResult::State::kFailed) {
    report_->failed("", result_.error);
    report_->enter(JobState::kFailing);
  } else if (!finished) {
    report_->enter(JobState::kCancelling);
  }
  phase_ = Phase::kOver;
  deliveries_.stop(rest_, [this](std::size_t left) {
    undelivered_ = left;
    delivering_ = false;
    clean_up_when_quiet();
  });
}

void LocalJob::clean_up_when_quiet() {
  if (!preparing_ && !delivering_) clean_up();
}

void LocalJob::clean_up() {
  const bool finished = result_.state == JobResult::State::kFinished;
  const bool cancelled = result_.state == JobResult::State::kCancelled;
  // A job that was refused before it first began leaves no trace: it is refused again, for the same reason.
  const bool keep = options_.checkpoints &&
                    (undelivered_ > 0 || !(refused_at_first_ || (cancelled && !options_.checkpoints->keep_on_cancel)));
  if (keep && undelivered_ > 0)
    options_.log(LogLevel::kWarning,
                 fmt::format("{} of output of completed checkpoints {} not delivered; the same job, "
                             "started again, delivers what is there",
                             undelivered_ == 1 ? "1 piece" : fmt::format("{} pieces", undelivered_),
                             undelivered_ == 1 ? "is" : "are"));
  if (local_ != nullptr) host_.blocking([local = std::move(local_)] { local->remove(); }, [](const auto&) {});
  host_.blocking(
      [=, sinks = sinks_, host = &host_, fence = fence()] {
        run_user_code([&] {
          FencedHost fenced(*host, fence);
          if (finished) {
            sinks->finish(fenced);
          } else if (!keep) {
            sinks->abandon(fenced);
          }
        });
      },
      [weak = std::weak_ptr<LocalJob*>(self_), keep](std::exception_ptr error) {
        auto self = weak.lock();
        if (!self) return;
        LocalJob& job = **self;
        if (error) job.options_.log(LogLevel::kWarning, fmt::format("cleaning up the output: {}", message_of(error)));
        if (job.coordinator_ == nullptr) return job.tell();
        // What a refused job could not remove of its output, it must know for its own when it is started again.
        const bool knows = keep || (error && job.refused_at_first_);
        using Keep = checkpoint::Coordinator::Keep;
        job.coordinator_->close(knows ? Keep::kYes : Keep::kNo, [&job](std::exception_ptr failure) {
          job.closed(failure);
          job.tell();
        });
      });
}

void LocalJob::closed(const std::exception_ptr& failure) {
  if (!failure) return;
  const std::string text = message_of(failure);
  if (result_.state == JobResult::State::kFailed && holds<checkpoint::FencedError>(failure)) {
    // Whatever failed, this is why, or at least why it does not matter.
    if (!holds<checkpoint::FencedError>(result_.error))
      result_ = {JobResult::State::kFailed, text + "; here " + result_.message, failure};
    return;
  }
  options_.log(LogLevel::kWarning, fmt::format("closing the checkpoint directory: {}", text));
}

void LocalJob::tell() {
  // Copied: `done` may destroy this job.
  const auto done = done_;
  report_->enter(final_state(result_.state));
  done(std::move(result_));
}

JobStatus LocalJob::status() const {
  JobStatus status = report_->status(attempt_.get());
  if (options_.checkpoints) status.checkpoints = checkpoints_status(*options_.checkpoints, coordinator_.get());
  return status;
}

JobProgress LocalJob::progress() const {
  JobProgress sum = last_;
  sum.restarts = restarted_;
  if (coordinator_ != nullptr) sum.checkpoints = coordinator_->statistics();
  if (attempt_ != nullptr) add_counts(sum, attempt_->report().counts);
  return sum;
}

}  // namespace weir::runtime
