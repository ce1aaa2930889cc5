#include "cluster_job.h"

#include <cstdlib>
#include <future>
#include <utility>

#include <fmt/format.h>

#include "weir/cluster/conversation.h"
#include "weir/cluster/program_plan.h"
#include "weir/host/daemon.h"
#include "weir/host/environment.h"
#include "weir/host/real_host.h"
#include "weir/runtime/local_job.h"
#include "weir/stream/console_host.h"
#include "weir/stream/job_text.h"

#include "job_log.h"
#include "job_watch.h"

namespace weir::detail {

namespace {

using runtime::JobResult;
using runtime::JobState;
using runtime::JobStatus;

constexpr int kFailed = 1;

Checkpoints checkpoints_of(const Configuration& configuration) {
  return configuration.takes_checkpoints() ? Checkpoints::kTaken : Checkpoints::kNone;
}

/// A worker and everything that lives as long as it runs. The order of the members is that of their dependence.
class WorkerJob {
 public:
  WorkerJob(const std::string& name, Graph graph, const Configuration& configuration, const Launch& launch)
      : name_(name),
        launch_(launch),
        console_(host_, ConsoleHost::Output::kElsewhere),
        log_(console_, configuration.log_detail),
        watch_(console_, log_, configuration, JobWatch::Show::kLogLines),
        fingerprint_(graph.fingerprint()),
        job_(console_, std::move(graph), job_options(configuration),
             [this](const JobResult& result) { ended(result); }),
        checkpoints_(checkpoints_of(configuration)) {}

  int run() {
    auto link = std::make_shared<std::unique_ptr<ByteStream>>(host_.inherited_stream(launch_.descriptor));
    log_.info(
        fmt::format("{}: job {} in process {}: {}", name_, launch_.job, host::process_name(), plan_text(job_.plan())));
    for (const std::string& warning : warnings_of(job_.graph(), checkpoints_)) log_.warning(warning);
    host_.post([this, link] { begin(std::move(*link)); });
    const int status = end_.get_future().get();
    console_.close();
    return status;
  }

 private:
  static constexpr Duration kReportEvery{1000};

  runtime::JobOptions job_options(const Configuration& configuration) {
    auto options =
        configuration.to_job_options(name_, [this](auto level, const auto& text) { log_.write(level, text); });
    if (options.checkpoints) {
      options.checkpoints->holder = host::process_name();
      if (configuration.checkpoints.job.empty()) options.checkpoints->job = launch_.job;
      // The JobManager runs one attempt at a time: whoever still holds the checkpoints is an earlier one.
      options.checkpoints->takeover = true;
    }
    return options;
  }

  // All that follows: control loop.

  void begin(std::unique_ptr<ByteStream> link) {
    task_manager_ = std::make_unique<cluster::Conversation>(
        host_, std::move(link), cluster::HeartbeatLimits{},
        cluster::Conversation::Events{[this](const cluster::Message& message) { on_message(message); },
                                      [](const std::string&) { fence(); }});
    const std::string mine = graph_mark(fingerprint_, plan_text(job_.plan()));
    if (!launch_.graph.empty() && launch_.graph != mine) return refuse(mine);
    watch_.start(job_);
    job_.start();
    report();
  }

  /// Another process may take the job over from now on, so that not even a destructor may have an effect.
  [[noreturn]] static void fence() { std::_Exit(kFailed); }

  void refuse(const std::string& mine) {
    JobStatus status = job_.status();
    status.state = JobState::kFailed;
    status.ended_ms = to_ms(host_.wall_now());
    status.changes.push_back({JobState::kFailed, status.ended_ms});
    status.exceptions.push_back(
        {status.ended_ms, name_,
         fmt::format(
             "the program built another graph than when it was planned: does it depend on the time, on chance or "
             "on files?\nplanned: {}\nnow:     {}",
             launch_.graph, mine)});
    log_.error(status.exceptions.back().message);
    conclude(status, kFailed);
  }

  void report() {
    task_manager_->send(cluster::JobReport{{launch_.job, 0}, runtime::encode_status(job_.status())});
    timer_ = host_.at(host_.monotonic_now() + kReportEvery, [this] { report(); });
  }

  void on_message(const cluster::Message& message) {
    if (const auto* command = std::get_if<cluster::JobCommand>(&message)) return on(*command);
    log_.warning(fmt::format("the TaskManager said a {}, which is not for a worker", cluster::name_of(message)));
  }

  void on(const cluster::JobCommand& command) {
    if (over_) return;
    if (command.kind == cluster::JobCommand::Kind::kCancel) {
      log_.info("the job is to be cancelled");
      job_.cancel();
      return;
    }
    if (checkpoints_ == Checkpoints::kNone) {
      task_manager_->send(
          cluster::CommandResult{{launch_.job, 0},
                                 command.trigger,
                                 "",
                                 "the job takes no checkpoints: it was started without --weir.checkpoint-dir"});
      return;
    }
    using Kind = cluster::JobCommand::Kind;
    if (command.kind == Kind::kCheckpoint)
      return job_.checkpoint_now([this, trigger = command.trigger](const checkpoint::Taken& taken) {
        answer(trigger, std::to_string(taken.checkpoint.value()), taken.failure);
      });
    const auto after = command.kind == Kind::kStop ? runtime::AfterSavepoint::kStops : runtime::AfterSavepoint::kRunsOn;
    job_.savepoint(host::absolute_path(command.directory), after,
                   [this, trigger = command.trigger](const checkpoint::Taken& taken) {
                     answer(trigger, taken.path, taken.failure);
                   });
  }

  void answer(const std::string& trigger, const std::string& location, const std::string& failure) {
    if (!over_) task_manager_->send(cluster::CommandResult{{launch_.job, 0}, trigger, location, failure});
  }

  void ended(const JobResult& result) {
    watch_.stop();
    switch (result.state) {
      case JobResult::State::kFinished:
        log_.info(summary_line(
            name_,
            result.savepoint.empty() ? "finished" : fmt::format("stopped with a savepoint in '{}',", result.savepoint),
            watch_.last()));
        return conclude(job_.status(), 0);
      case JobResult::State::kFailed:
        log_.error(fmt::format("{} failed: {}", name_, result.message));
        return conclude(job_.status(), kFailed);
      case JobResult::State::kCancelled:
        log_.info(summary_line(name_, "cancelled", watch_.last()));
        return conclude(job_.status(), 0);
    }
  }

  void conclude(const JobStatus& status, int exit_status) {
    over_ = true;
    timer_.reset();
    task_manager_->send(cluster::JobEnded{{launch_.job, 0}, runtime::encode_status(status)});
    task_manager_->close();
    end_.set_value(exit_status);
  }

  const std::string name_;
  const Launch launch_;
  bool over_ = false;  // control loop
  std::promise<int> end_;
  host::RealHost host_;
  ConsoleHost console_;
  JobLog log_;
  JobWatch watch_;
  const std::uint64_t fingerprint_;
  runtime::LocalJob job_;
  const Checkpoints checkpoints_;
  std::unique_ptr<cluster::Conversation> task_manager_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace

int tell_plan(const std::string& name, Graph graph, const Configuration& configuration, const Launch& launch) {
  cluster::ProgramPlan plan;
  plan.fingerprint = graph.fingerprint();
  plan.warnings = warnings_of(graph, checkpoints_of(configuration));
  host::RealHost host;
  const runtime::LocalJob job(host, std::move(graph), configuration.to_job_options(name, [](auto, const auto&) {}),
                              [](const JobResult&) {});
  plan.text = plan_text(job.plan());
  std::promise<JobStatus> status;
  host.post([&] { status.set_value(job.status()); });
  plan.status = status.get_future().get();
  const auto link = host.inherited_stream(launch.descriptor);
  link->write(cluster::to_frame(cluster::encode_plan(plan)));
  link->close();
  return 0;
}

int run_worker(const std::string& name, Graph graph, const Configuration& configuration, const Launch& launch) {
  return WorkerJob(name, std::move(graph), configuration, launch).run();
}

}  // namespace weir::detail
