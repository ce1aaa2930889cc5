#include "weir/checkpoint/coordinator.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "weir/checkpoint/delivery_book.h"
#include "weir/checkpoint/layout.h"
#include "weir/checkpoint/log.h"
#include "weir/checkpoint/trigger_time.h"
#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/core/failure.h"

#include "pending_checkpoint.h"
#include "tally.h"
#include "tenure.h"
#include "work_queue.h"

namespace weir::checkpoint {
namespace {

/// Why no checkpoint can be taken.
constexpr const char* kNotRunning = "the job does not run just now, or has read all its input";

}  // namespace

class Coordinator::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Host& host, Options options, CoordinatedJob job, Events events)
      : host_(host),
        options_(std::move(options)),
        job_(std::move(job)),
        events_(std::move(events)),
        layout_(options_.directory, options_.job),
        tenure_(std::make_shared<Tenure>(host, options_, job_)),
        work_(host),
        tally_(options_.retained) {}

  void open(OnOpened done);
  void restore(OnOpened done);
  void damaged(const std::string& path, const std::string& why);
  void begin_attempt(AttemptId attempt, std::vector<CoordinatedTask> tasks);
  void end_attempt();
  void acknowledge(AttemptId attempt, CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask,
                   TaskSnapshot snapshot);
  void decline(AttemptId attempt, CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask,
               const std::string& why);
  void take_now(CheckpointWish wish, OnTaken done);
  bool sources_stopped() const { return attempt_ && attempt_->sources == AfterBarrier::kStop; }
  void save(std::shared_ptr<const Manifest> manifest, std::string parent, OnSaved done);
  void sources_exhausted(AttemptId attempt);
  void delivered(CheckpointId checkpoint);
  void close(Keep keep, OnClosed done);
  /// Nobody is to be told anything any more.
  void drop();

  GenerationId generation() const { return generation_; }
  const std::function<void()>& fence() const { return fence_; }
  const std::shared_ptr<const Store>& store() const { return tenure_->store(); }
  const Statistics& statistics() { return tally_.statistics(pending_.get(), book_.undelivered()); }
  std::vector<CheckpointRecord> recent() const { return tally_.recent(pending_.get()); }

 private:
  /// One deployment of the tasks.
  struct Attempt {
    AttemptId id;
    std::vector<CoordinatedTask> tasks;
    MonotonicTime last_trigger;                  ///< its beginning counts as one
    std::optional<MonotonicTime> last_end = {};  ///< of a checkpoint
    bool final_failed = false;                   ///< the checkpoint that ended last was to be final
    bool exhausted = false;
    AfterBarrier sources = AfterBarrier::kReadOn;
  };
  /// Somebody who waits for a checkpoint.
  struct Asked {
    CheckpointWish wish;
    OnTaken done;
  };

  /// Blocking work. `done` gets what it threw, if the coordinator is still there, which then stays for so long.
  void run(std::function<void()> work, WorkQueue::Done done);

  /// What is called later, if the coordinator is still there and the attempt, or its absence, still the same.
  std::function<void()> guarded(std::function<void(Impl&)> act);

  /// The checkpoint that the message is about, if it is being taken and waits for acknowledgements.
  PendingCheckpoint* waiting(AttemptId attempt, CheckpointId checkpoint);

  void opened(const Opened& opened);
  void plan_trigger();
  void trigger();
  void publish();
  void published(const PendingCheckpoint& completed, const std::shared_ptr<const Manifest>& manifest,
                 const std::vector<SinkOutputs>& told, bool current);
  void clean_up();
  void abort(const std::string& why);
  /// The checkpoint that is being taken, if there is one, has come to nothing because its attempt has.
  void cut_off(const std::string& why);
  void answer(std::vector<Asked>& waiting, Taken taken);
  std::string path_of(const Manifest& manifest) const;
  Moment now() { return {host_.monotonic_now(), host_.wall_now()}; }
  void check_standing();
  void fail(const std::exception_ptr& error);
  void finish();
  bool idle() const { return failed_ || closing_; }

  Host& host_;
  const Options options_;
  const CoordinatedJob job_;
  const Events events_;
  const Layout layout_;
  const std::shared_ptr<Tenure> tenure_;  ///< touched by blocking work only, but for its store

  WorkQueue work_;

  GenerationId generation_{};
  std::function<void()> fence_ = [] {};
  std::uint64_t last_checkpoint_ = 0;
  std::shared_ptr<const Manifest> newest_;  ///< completed; null: none
  DeliveryBook book_;
  std::optional<Attempt> attempt_;
  std::uint64_t attempts_ = 0;                  ///< that began or ended: work begun in an earlier one does not count
  std::shared_ptr<PendingCheckpoint> pending_;  ///< null: none
  bool publishing_ = false;
  std::vector<Asked> asked_;   ///< who wait for the next checkpoint
  std::vector<Asked> served_;  ///< who wait for the one that is being taken
  bool pinned_ = false;        ///< files of some checkpoint are kept to be saved
  bool finishing_ = false;
  bool failed_ = false;
  bool closing_ = false;
  std::unique_ptr<Timer> next_trigger_;
  std::unique_ptr<Timer> timeout_;
  Tally tally_;
};

// ---- work and events --------------------------------------------------------------------------------------------

void Coordinator::Impl::run(std::function<void()> work, WorkQueue::Done done) {
  work_.run(std::move(work), [weak = weak_from_this(), done = std::move(done)](const std::exception_ptr& error) {
    if (const auto self = weak.lock()) done(error);
  });
}

std::function<void()> Coordinator::Impl::guarded(std::function<void(Impl&)> act) {
  return [weak = weak_from_this(), attempt = attempts_, act = std::move(act)] {
    const auto self = weak.lock();
    if (self != nullptr && self->attempts_ == attempt && !self->idle()) act(*self);
  };
}

// ---- where to begin ---------------------------------------------------------------------------------------------

void Coordinator::Impl::open(OnOpened done) {
  struct Result {
    Opened opened;
    GenerationId generation;
    std::function<void()> fence;
    std::uint64_t highest = 0;
  };
  const auto result = std::make_shared<Result>();
  run(
      [tenure = tenure_, result] {
        result->opened = tenure->begin();
        if (result->opened.kind == Opened::Kind::kFinished) return;
        result->generation = tenure->generation();
        result->fence = tenure->fence();
        result->highest = tenure->highest_checkpoint();
      },
      [this, result, done = std::move(done)](const std::exception_ptr& error) {
        if (error == nullptr) {
          generation_ = result->generation;
          if (result->fence) fence_ = std::move(result->fence);
          last_checkpoint_ = result->highest;
          opened(result->opened);
        }
        done(std::move(result->opened), error);
      });
}

void Coordinator::Impl::restore(OnOpened done) {
  WEIR_CHECK(!attempt_, "restore() within an attempt");
  const auto result = std::make_shared<Opened>();
  run([tenure = tenure_, result] { *result = tenure->resume(); },
      [this, result, done = std::move(done)](const std::exception_ptr& error) {
        if (error == nullptr) {
          if (result->manifest != nullptr) result->manifest = book_.without_delivered(result->manifest);
          opened(*result);
        }
        done(std::move(*result), error);
      });
}

void Coordinator::Impl::opened(const Opened& opened) {
  newest_ = opened.manifest;
  book_.restored(opened.manifest);
  tally_.restored(opened, newest_ == nullptr ? "" : path_of(*newest_), host_.wall_now());
}

void Coordinator::Impl::damaged(const std::string& path, const std::string& why) {
  run([tenure = tenure_, path, why] { tenure->damaged(path, why); }, [](const std::exception_ptr&) {});
}

// ---- attempts ---------------------------------------------------------------------------------------------------

void Coordinator::Impl::begin_attempt(AttemptId attempt, std::vector<CoordinatedTask> tasks) {
  WEIR_CHECK(!attempt_, attempt.value());
  if (idle()) return;
  ++attempts_;
  attempt_ = Attempt{attempt, std::move(tasks), host_.monotonic_now()};
  plan_trigger();
}

void Coordinator::Impl::end_attempt() {
  ++attempts_;
  attempt_.reset();
  next_trigger_.reset();
  timeout_.reset();
  answer(asked_, {CheckpointId(0), "", kNotRunning});
  if (!publishing_) cut_off("the tasks that took it have ended");  // else published() finds the attempt gone
  if (std::exchange(pinned_, false))
    run([tenure = tenure_] { tenure->release_all(); }, [](const std::exception_ptr&) {});
}

void Coordinator::Impl::take_now(CheckpointWish wish, OnTaken done) {
  const bool all_is_read = (newest_ != nullptr && newest_->final) || sources_stopped();
  asked_.push_back({wish, std::move(done)});
  if (!attempt_ || all_is_read || idle()) return answer(asked_, {CheckpointId(0), "", kNotRunning});
  plan_trigger();
}

void Coordinator::Impl::answer(std::vector<Asked>& waiting, Taken taken) {
  if (waiting.empty()) return;
  host_.post([weak = weak_from_this(), all = std::exchange(waiting, {}), taken = std::move(taken)] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    for (const Asked& asked : all) asked.done(taken);
  });
}

void Coordinator::Impl::sources_exhausted(AttemptId attempt) {
  if (!attempt_ || attempt_->id != attempt || attempt_->exhausted) return;
  attempt_->exhausted = true;
  plan_trigger();
}

// ---- triggers ---------------------------------------------------------------------------------------------------

void Coordinator::Impl::plan_trigger() {
  next_trigger_.reset();
  if (!attempt_ || pending_ != nullptr || idle()) return;
  if (newest_ != nullptr && newest_->final) return;  // all is read, and a checkpoint says so
  if (sources_stopped()) return;
  TriggerFacts facts;
  facts.now = host_.monotonic_now();
  facts.last_trigger = attempt_->last_trigger;
  facts.last_end = attempt_->last_end;
  facts.failed_in_a_row = tally_.failed_in_a_row();
  facts.asked = !asked_.empty();
  facts.exhausted = attempt_->exhausted;
  facts.final_failed = attempt_->final_failed;
  next_trigger_ = host_.at(next_trigger(facts, options_), guarded([](Impl& self) { self.trigger(); }));
}

void Coordinator::Impl::trigger() {
  if (pending_ != nullptr) return;
  const Moment now = this->now();
  const CheckpointId checkpoint(++last_checkpoint_);
  host_.crash_point("checkpoint: id allocated");
  attempt_->last_trigger = now.monotonic;
  Trigger wanted{checkpoint, newest_, attempt_->exhausted};
  served_ = std::exchange(asked_, {});
  for (const Asked& asked : served_) {
    wanted.savepoint = wanted.savepoint || asked.wish.savepoint;
    wanted.sources = std::max(wanted.sources, asked.wish.sources);
  }
  attempt_->sources = wanted.sources;
  pending_ = std::make_shared<PendingCheckpoint>(std::move(wanted), now, attempt_->tasks);
  timeout_ = host_.at(now.monotonic + options_.timeout, guarded([checkpoint](Impl& self) {
                        const PendingCheckpoint* pending = self.waiting(self.attempt_->id, checkpoint);
                        if (pending == nullptr) return;
                        self.abort(fmt::format("it took longer than {} s; not acknowledged by {}",
                                               std::chrono::duration<double>(self.options_.timeout).count(),
                                               pending->describe_missing()));
                      }));
  const Trigger trigger = pending_->trigger();
  events_.trigger(trigger);
  host_.crash_point("checkpoint: trigger sent");
}

void Coordinator::Impl::save(std::shared_ptr<const Manifest> manifest, std::string parent, OnSaved done) {
  const auto path = std::make_shared<std::string>();
  const CheckpointId checkpoint = manifest->checkpoint;
  run([tenure = tenure_, manifest = std::move(manifest), parent = std::move(parent),
       path] { *path = tenure->save(*manifest, parent); },
      [this, checkpoint, path, done = std::move(done)](const std::exception_ptr& error) {
        run([tenure = tenure_, checkpoint] { tenure->release(checkpoint); }, [](const std::exception_ptr&) {});
        done(std::move(*path), error);
      });
}

// ---- acknowledgements -------------------------------------------------------------------------------------------

PendingCheckpoint* Coordinator::Impl::waiting(AttemptId attempt, CheckpointId checkpoint) {
  const bool is_it = !idle() && attempt_ && attempt_->id == attempt && pending_ != nullptr && !publishing_ &&
                     pending_->trigger().checkpoint == checkpoint;
  return is_it ? pending_.get() : nullptr;
}

void Coordinator::Impl::acknowledge(AttemptId attempt, CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask,
                                    TaskSnapshot snapshot) {
  PendingCheckpoint* pending = waiting(attempt, checkpoint);
  if (pending == nullptr || !pending->acknowledge(task, subtask, std::move(snapshot), now())) {
    tally_.refused_ack();
    return;
  }
  host_.crash_point("checkpoint: ack received");
  if (!pending->complete()) return;
  host_.crash_point("checkpoint: last ack");
  publish();
}

void Coordinator::Impl::decline(AttemptId attempt, CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask,
                                const std::string& why) {
  host_.post(guarded([=](Impl& self) {
    if (const PendingCheckpoint* pending = self.waiting(attempt, checkpoint))
      self.abort(fmt::format("declined by {}: {}", pending->describe(task, subtask), why));
  }));
}

void Coordinator::Impl::publish() {
  publishing_ = true;
  timeout_.reset();
  auto told = pending_->told();
  const auto manifest = std::make_shared<Manifest>();
  manifest->weir_version = WEIR_VERSION;
  manifest->job = options_.job;
  manifest->generation = generation_;
  manifest->attempt = attempt_->id;
  manifest->checkpoint = pending_->trigger().checkpoint;
  manifest->wall_time = host_.wall_now();
  manifest->final = pending_->trigger().final;
  manifest->shape = job_.shape;
  manifest->operators = pending_->take_operators();
  manifest->staged = book_.to_list(told);
  if (newest_ != nullptr) manifest->origin = newest_->origin;
  run(
      [tenure = tenure_, manifest] {
        require_total(manifest->shape, manifest->operators);
        tenure->publish(manifest);
      },
      [this, manifest, told = std::move(told), pending = pending_,
       attempt = attempts_](const std::exception_ptr& error) {
        publishing_ = false;
        const bool current = attempt == attempts_ && !idle();
        if (error == nullptr) {
          published(*pending, manifest, told, current);
        } else if (holds<FencedError>(error)) {
          fail(error);
          cut_off(message_of(error));  // of a job that had ended before
        } else if (current) {
          abort(message_of(error));
        } else {
          cut_off(message_of(error));
        }
      });
}

void Coordinator::Impl::published(const PendingCheckpoint& completed, const std::shared_ptr<const Manifest>& manifest,
                                  const std::vector<SinkOutputs>& told, bool current) {
  tally_.completed(completed, *manifest, path_of(*manifest), now());
  pending_.reset();
  answer(served_, {manifest->checkpoint, path_of(*manifest), "", manifest});
  newest_ = manifest;
  book_.completed(manifest, told);
  if (!current) {
    // The next restore() finds it; what it has replaced goes now.
    if (!idle()) clean_up();
    return;
  }
  attempt_->last_end = host_.monotonic_now();
  attempt_->final_failed = false;
  if (manifest->final) host_.crash_point("end: final checkpoint");
  if (completed.trigger().savepoint) {
    pinned_ = true;
    run([tenure = tenure_, manifest] { tenure->pin(manifest); }, [](const std::exception_ptr&) {});
  }
  clean_up();
  plan_trigger();
  events_.completed(manifest);
  host_.crash_point("checkpoint: notify sent");
}

void Coordinator::Impl::clean_up() {
  run([tenure = tenure_] { tenure->clean_up(); },
      [this](const std::exception_ptr& error) {
        if (error == nullptr) return;
        if (holds<FencedError>(error)) return fail(error);
        tally_.failed_clean_up();
        if (!idle())
          events_.warn(fmt::format("files of old checkpoints stay where they are for now: {}", message_of(error)));
      });
}

void Coordinator::Impl::abort(const std::string& why) {
  const CheckpointId checkpoint = pending_->trigger().checkpoint;
  tally_.failed(*pending_, why, host_.wall_now());
  attempt_->last_end = host_.monotonic_now();
  attempt_->final_failed = pending_->trigger().final;
  pending_.reset();
  answer(served_, {checkpoint, "", why});
  timeout_.reset();
  plan_trigger();
  events_.aborted(checkpoint, why);
  const std::uint32_t failed = tally_.failed_in_a_row();
  if (options_.tolerated_failures && failed > *options_.tolerated_failures)
    fail(std::make_exception_ptr(ExternalError(fmt::format(
        "{} checkpoints in a row failed, {} are tolerated; the last: {}", failed, *options_.tolerated_failures, why))));
  check_standing();
}

void Coordinator::Impl::cut_off(const std::string& why) {
  if (pending_ == nullptr) return;
  answer(served_, {pending_->trigger().checkpoint, "", why});
  tally_.cut_off(*pending_, why, host_.wall_now());
  pending_.reset();
}

std::string Coordinator::Impl::path_of(const Manifest& manifest) const {
  return layout_.absolute(Layout::checkpoint_directory({manifest.generation, manifest.checkpoint}));
}

/// Tasks that fail may do so because another process has taken over, and has removed what was theirs.
void Coordinator::Impl::check_standing() {
  run([tenure = tenure_] { tenure->require_standing(); },
      [this](const std::exception_ptr& error) {
        if (holds<FencedError>(error)) fail(error);
      });
}

void Coordinator::Impl::fail(const std::exception_ptr& error) {
  if (idle()) return;
  failed_ = true;
  cut_off(message_of(error));
  answer(asked_, {CheckpointId(0), "", message_of(error)});
  next_trigger_.reset();
  timeout_.reset();
  events_.failed(error);
}

// ---- delivery and the end ---------------------------------------------------------------------------------------

void Coordinator::Impl::delivered(CheckpointId checkpoint) {
  book_.delivered(checkpoint);
  host_.crash_point("checkpoint: delivered");
  if (newest_ != nullptr && newest_->final && newest_->checkpoint <= checkpoint) finish();
}

void Coordinator::Impl::finish() {
  if (finishing_ || idle()) return;
  finishing_ = true;
  run([tenure = tenure_] { tenure->finish(); },
      [this](const std::exception_ptr& error) {
        finishing_ = false;
        if (idle()) return;
        if (error != nullptr) return fail(error);
        events_.finished();
      });
}

void Coordinator::Impl::close(Keep keep, OnClosed done) {
  WEIR_CHECK(!closing_, "closed twice");
  end_attempt();
  closing_ = true;
  run([tenure = tenure_, keep] { tenure->end(keep); },
      [done = std::move(done)](const std::exception_ptr& error) { done(error); });
}

void Coordinator::Impl::drop() {
  pinned_ = false;
  end_attempt();
  closing_ = true;
  work_.clear();
}

// ---- the face ---------------------------------------------------------------------------------------------------

Coordinator::Coordinator(Host& host, Options options, CoordinatedJob job, Events events)
    : impl_(std::make_shared<Impl>(host, std::move(options), std::move(job), std::move(events))) {}

Coordinator::~Coordinator() { impl_->drop(); }

void Coordinator::open(OnOpened done) { impl_->open(std::move(done)); }
void Coordinator::restore(OnOpened done) { impl_->restore(std::move(done)); }
void Coordinator::damaged(const std::string& path, const std::string& why) { impl_->damaged(path, why); }
void Coordinator::begin_attempt(AttemptId attempt, std::vector<CoordinatedTask> tasks) {
  impl_->begin_attempt(attempt, std::move(tasks));
}
void Coordinator::end_attempt() { impl_->end_attempt(); }
void Coordinator::acknowledge(AttemptId attempt, CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask,
                              TaskSnapshot snapshot) {
  impl_->acknowledge(attempt, checkpoint, task, subtask, std::move(snapshot));
}
void Coordinator::decline(AttemptId attempt, CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask,
                          const std::string& why) {
  impl_->decline(attempt, checkpoint, task, subtask, why);
}
void Coordinator::take_now(CheckpointWish wish, OnTaken done) { impl_->take_now(wish, std::move(done)); }
bool Coordinator::sources_stopped() const { return impl_->sources_stopped(); }
void Coordinator::save(std::shared_ptr<const Manifest> manifest, std::string parent, OnSaved done) {
  impl_->save(std::move(manifest), std::move(parent), std::move(done));
}
void Coordinator::sources_exhausted(AttemptId attempt) { impl_->sources_exhausted(attempt); }
void Coordinator::delivered(CheckpointId checkpoint) { impl_->delivered(checkpoint); }
void Coordinator::close(Keep keep, OnClosed done) { impl_->close(keep, std::move(done)); }
GenerationId Coordinator::generation() const { return impl_->generation(); }
const std::function<void()>& Coordinator::fence() const { return impl_->fence(); }
const std::shared_ptr<const Store>& Coordinator::store() const { return impl_->store(); }
const Statistics& Coordinator::statistics() const { return impl_->statistics(); }
std::vector<CheckpointRecord> Coordinator::recent() const { return impl_->recent(); }

}  // namespace weir::checkpoint
