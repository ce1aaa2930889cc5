#include "weir/runtime/local_job.h"

#include <fmt/format.h>

#include "weir/core/error.h"

#include "prepared_sinks.h"
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

std::string describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  }
}

}  // namespace

LocalJob::LocalJob(Host& host, Graph graph, JobOptions options, std::function<void(JobResult)> done)
    : host_(host),
      graph_(std::move(graph)),
      options_(std::move(options)),
      plan_(make_plan(graph_, options_.parallelism, options_.key_groups)),
      done_(std::move(done)),
      restarts_(options_.restart),
      sinks_(std::make_shared<PreparedSinks>(graph_)) {
  self_ = std::make_shared<LocalJob*>(this);
}

LocalJob::~LocalJob() = default;

std::function<void()> LocalJob::guarded(std::function<void(LocalJob&)> act) {
  return [weak = std::weak_ptr<LocalJob*>(self_), act = std::move(act)] {
    if (auto self = weak.lock()) {
      if (!(*self)->over_) act(**self);
    }
  };
}

void LocalJob::start() {
  host_.post(guarded([](LocalJob& job) { job.prepare(); }));
}

void LocalJob::cancel() {
  host_.post(guarded([](LocalJob& job) {
    // Half of the output may be visible already: it ends as it was about to.
    if (job.attempt_ != nullptr && job.attempt_->delivering()) return;
    job.finish({JobResult::State::kCancelled, "", nullptr});
  }));
}

void LocalJob::prepare() {
  attempt_started_ = host_.monotonic_now();
  preparing_ = true;
  host_.blocking([sinks = sinks_, host = &host_] { run_user_code([&] { sinks->prepare(*host); }); },
                 [weak = std::weak_ptr<LocalJob*>(self_)](std::exception_ptr error) {
                   auto self = weak.lock();
                   if (!self) return;
                   LocalJob& job = **self;
                   job.preparing_ = false;
                   if (job.over_) {
                     job.abandon();
                   } else if (error) {
                     job.attempt_failed("preparing the output", error);
                   } else {
                     job.deploy();
                   }
                 });
}

void LocalJob::deploy() {
  // The attempt tells its end from within its own code: it is taken down afterwards.
  Attempt::Events events;
  events.on_finished = [this] {
    host_.post(guarded([](LocalJob& job) { job.finish({JobResult::State::kFinished, "", nullptr}); }));
  };
  events.on_failed = [this](std::string where, std::exception_ptr error) {
    host_.post(guarded([where = std::move(where), error](LocalJob& job) { job.attempt_failed(where, error); }));
  };
  attempt_ = std::make_unique<Attempt>(host_, graph_, plan_, options_, std::move(events));
  if (const std::exception_ptr error = failure_of([this] { attempt_->start(); }))
    attempt_failed("starting the job", error);
}

void LocalJob::attempt_failed(const std::string& where, std::exception_ptr error) {
  end_attempt();
  const std::string message = fmt::format("{}: {}", where, describe(error));
  const auto delay = may_retry(error) ? restarts_.on_failure(attempt_started_, host_.monotonic_now()) : std::nullopt;
  if (!delay) {
    finish({JobResult::State::kFailed, message, error});
    return;
  }
  ++restarted_;
  options_.log(LogLevel::kWarning, fmt::format("{}; restart {} of {} in {} ms", message, restarts_.in_a_row(),
                                               restarts_.allowed(), delay->count()));
  restart_timer_ = host_.at(host_.monotonic_now() + *delay, guarded([](LocalJob& job) { job.prepare(); }));
}

void LocalJob::finish(JobResult result) {
  over_ = true;
  result_ = std::move(result);
  restart_timer_.reset();
  end_attempt();
  if (!preparing_) abandon();
}

void LocalJob::abandon() {
  const auto tell = [weak = std::weak_ptr<LocalJob*>(self_)](std::exception_ptr error) {
    auto self = weak.lock();
    if (!self) return;
    LocalJob& job = **self;
    if (error) job.options_.log(LogLevel::kWarning, fmt::format("cleaning up the output: {}", describe(error)));
    // Copied: `done` may destroy this job.
    const auto done = job.done_;
    done(std::move(job.result_));
  };
  if (result_.state == JobResult::State::kFinished) return tell(nullptr);
  host_.blocking([sinks = sinks_, host = &host_] { run_user_code([&] { sinks->abandon(*host); }); }, tell);
}

void LocalJob::end_attempt() {
  last_ = progress();
  attempt_.reset();
}

JobProgress LocalJob::progress() const {
  JobProgress sum = attempt_ == nullptr ? last_ : JobProgress{};
  sum.restarts = restarted_;
  if (attempt_ == nullptr) return sum;
  Watermark least = Watermark::end();
  bool any = false;
  for (const auto& metrics : attempt_->metrics()) {
    const GraphNode& node = graph_.node(metrics->node);
    const OperatorMetrics& counters = metrics->counters;
    if (node.source) sum.records_in += counters.records_out.load(std::memory_order_relaxed);
    if (node.outputs.empty()) {
      sum.records_out += counters.records_in.load(std::memory_order_relaxed);
      any = true;
      least = std::min(least, Watermark(timestamp_ms(counters.watermark_ms.load(std::memory_order_relaxed))));
    }
    sum.late += counters.late.load(std::memory_order_relaxed);
    sum.malformed += counters.malformed.load(std::memory_order_relaxed);
    sum.far_future += counters.far_future.load(std::memory_order_relaxed);
  }
  if (any) sum.watermark = least;
  return sum;
}

}  // namespace weir::runtime
