#include "cluster_job.h"

#include <algorithm>
#include <cstdlib>
#include <future>
#include <utility>

#include <fmt/format.h>

#include "weir/checkpoint/layout.h"
#include "weir/checkpoint/savepoint.h"
#include "weir/cluster/conversation.h"
#include "weir/cluster/job_processes.h"
#include "weir/cluster/member_link.h"
#include "weir/cluster/program_plan.h"
#include "weir/host/daemon.h"
#include "weir/host/environment.h"
#include "weir/host/real_host.h"
#include "weir/host/tls_host.h"
#include "weir/runtime/local_job.h"
#include "weir/runtime/restore_plan.h"
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

/// A process that cannot go on waits so long for its TaskManager to end it, for why it cannot may be told meanwhile.
constexpr Duration kLastWait{2000};

std::string other_graph(const std::string& planned, const std::string& now) {
  return fmt::format(
      "the program built another graph than when it was planned: does it depend on the time, on chance or on "
      "files?\nplanned: {}\nnow:     {}",
      planned, now);
}

Checkpoints checkpoints_of(const Configuration& configuration) {
  return configuration.takes_checkpoints() ? Checkpoints::kTaken : Checkpoints::kNone;
}

cluster::JobProcess process_of(const Launch& launch, const Configuration& configuration) {
  return {{launch.job, launch.attempt}, launch.secret, launch.process, configuration.unix_sockets};
}

/// A process runs as many threads as it has slots, at most as many as it was configured to.
void place(const Launch& launch, runtime::JobOptions& options) {
  if (launch.placement.empty()) return;
  options.placement = runtime::Placement(launch.placement);
  const auto slots = std::count(launch.placement.begin(), launch.placement.end(), launch.process);
  options.workers = std::min(options.workers, static_cast<std::uint32_t>(slots));
}

/// How a process talks to others of its job: over TLS, if its TaskManager has been told to; else null.
std::unique_ptr<host::TlsHost> tls_of(const Launch& launch, Host& host, JobLog& log) {
  if (launch.tls.empty() || launch.placement.empty()) return nullptr;
  host::TlsOptions options{host::TlsKind::kMutual, launch.tls};
  options.refused = [&log](const std::string& why) { log.warning(why); };
  return std::make_unique<host::TlsHost>(host, options);
}

/// A worker that leads its job, and everything that lives as long as it runs. The order of the members is that of their
/// dependence.
class WorkerJob {
 public:
  WorkerJob(const std::string& name, Graph graph, const Configuration& configuration, const Launch& launch)
      : name_(name),
        launch_(launch),
        console_(host_, ConsoleHost::Output::kElsewhere),
        log_(console_, configuration.log_detail),
        watch_(console_, log_, configuration, JobWatch::Show::kLogLines),
        fingerprint_(graph.fingerprint()),
        tls_(tls_of(launch, host_, log_)),
        others_(other_processes(configuration)),
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
    place(launch_, options);
    options.others = others_.get();
    return options;
  }

  std::unique_ptr<cluster::JobProcesses> other_processes(const Configuration& configuration) {
    if (launch_.placement.empty()) return nullptr;
    return std::make_unique<cluster::JobProcesses>(
        tls_ != nullptr ? static_cast<Host&>(*tls_) : host_, launch_.host, process_of(launch_, configuration),
        runtime::Placement(launch_.placement), launch_.limits,
        cluster::JobProcesses::Events{[this] { begin_job(); },
                                      [this](const std::string& why) {
                                        if (over_) return;
                                        log_.error(why);
                                        // The JobManager knows best what happened, and starts all processes again.
                                        last_ = host_.at(host_.monotonic_now() + kLastWait, fence);
                                      }});
  }

  // All that follows: control loop.

  void begin(std::unique_ptr<ByteStream> link) {
    task_manager_ = std::make_unique<cluster::Conversation>(
        host_, std::move(link), launch_.limits,
        cluster::Conversation::Events{[this](const cluster::Message& message) { on_message(message); },
                                      [](const std::string&) { fence(); }});
    const std::string mine = graph_mark(fingerprint_, plan_text(job_.plan()));
    if (!launch_.graph.empty() && launch_.graph != mine) return refuse(mine);
    report();
    if (others_ == nullptr) return begin_job();
    const Address at = others_->address();
    log_.info(fmt::format("waiting for the other {} processes of the job at {}",
                          runtime::Placement(launch_.placement).processes() - 1, to_string(at)));
    task_manager_->send(cluster::WorkerReady{{launch_.job, 0}, at.host, at.port});
  }

  void begin_job() {
    watch_.start(job_);
    job_.start();
  }

  /// Another process may take the job over from now on, so that not even a destructor may have an effect.
  [[noreturn]] static void fence() { std::_Exit(kFailed); }

  void refuse(const std::string& mine) {
    JobStatus status = job_.status();
    status.state = JobState::kFailed;
    status.ended_ms = to_ms(host_.wall_now());
    status.changes.push_back({JobState::kFailed, status.ended_ms});
    status.exceptions.push_back({status.ended_ms, name_, other_graph(launch_.graph, mine)});
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
                   [this, after, trigger = command.trigger](const checkpoint::Taken& taken) {
                     // A job that stops has yet to deliver what belongs to the savepoint.
                     if (after == runtime::AfterSavepoint::kStops && taken.failure.empty()) {
                       stopped_.emplace_back(trigger, taken.path);
                     } else {
                       answer(trigger, taken.path, taken.failure);
                     }
                   });
  }

  void answer(const std::string& trigger, const std::string& location, const std::string& failure) {
    if (!over_) task_manager_->send(cluster::CommandResult{{launch_.job, 0}, trigger, location, failure});
  }

  void ended(const JobResult& result) {
    watch_.stop();
    for (const auto& [trigger, savepoint] : stopped_) answer(trigger, savepoint, "");
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
    last_.reset();
    if (others_ != nullptr) others_->close();
    task_manager_->send(cluster::JobEnded{{launch_.job, 0}, runtime::encode_status(status)});
    task_manager_->close();
    end_.set_value(exit_status);
  }

  const std::string name_;
  const Launch launch_;
  bool over_ = false;                                         // control loop
  std::vector<std::pair<std::string, std::string>> stopped_;  ///< triggers and savepoints, told when all is delivered
  std::promise<int> end_;
  host::RealHost host_;
  ConsoleHost console_;
  JobLog log_;
  JobWatch watch_;
  const std::uint64_t fingerprint_;
  const std::unique_ptr<host::TlsHost> tls_;       ///< null: without TLS
  std::unique_ptr<cluster::JobProcesses> others_;  ///< null: the job has one process
  runtime::LocalJob job_;
  const Checkpoints checkpoints_;
  std::unique_ptr<cluster::Conversation> task_manager_;
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<Timer> last_;  ///< of the end of this process
};

/// A worker that has a share of a job which another one leads.
class MemberJob {
 public:
  MemberJob(const std::string& name, Graph graph, const Configuration& configuration, const Launch& launch)
      : launch_(launch),
        console_(host_, ConsoleHost::Output::kElsewhere),
        log_(console_, configuration.log_detail),
        tls_(tls_of(launch, host_, log_)) {
    auto options =
        configuration.to_job_options(name, [this](auto level, const auto& text) { log_.write(level, text); });
    if (options.checkpoints && configuration.checkpoints.job.empty()) options.checkpoints->job = launch.job;
    place(launch, options);
    link_ = std::make_unique<cluster::MemberLink>(
        tls_ != nullptr ? static_cast<Host&>(*tls_) : host_, console_, std::move(graph), options,
        cluster::MemberLink::Options{
            process_of(launch, configuration), launch.host, {launch.leader_host, launch.leader_port}, launch.limits},
        [this](const std::string& why) { ended(why); });
    log_.info(fmt::format("{}: job {} in process {}: number {} of 0 to {}, led by {}:{}", name, launch.job,
                          host::process_name(), launch.process, options.placement.processes() - 1, launch.leader_host,
                          launch.leader_port));
  }

  int run() {
    auto stream = std::make_shared<std::unique_ptr<ByteStream>>(host_.inherited_stream(launch_.descriptor));
    host_.post([this, stream] {
      task_manager_ = std::make_unique<cluster::Conversation>(
          host_, std::move(*stream), launch_.limits,
          cluster::Conversation::Events{[](const cluster::Message&) {},
                                        [](const std::string&) { std::_Exit(kFailed); }});
      const std::string mine = graph_mark(link_->graph().fingerprint(), plan_text(link_->plan()));
      if (mine == launch_.graph) return link_->start();
      ended(other_graph(launch_.graph, mine));
    });
    const int status = end_.get_future().get();
    console_.close();
    // The control loop still has the link and the tasks: nothing of them may have an effect any more.
    std::_Exit(status);
  }

 private:
  void ended(const std::string& why) {
    if (why.empty()) return end_.set_value(0);
    log_.error(why);
    // Not from within the link. What ends the others is to be told first: it may be why this one has to end.
    host_.post([this] { link_.reset(); });
    last_ = host_.at(host_.monotonic_now() + kLastWait, [this] { end_.set_value(kFailed); });
  }

  const Launch launch_;
  std::promise<int> end_;
  host::RealHost host_;
  ConsoleHost console_;
  JobLog log_;
  const std::unique_ptr<host::TlsHost> tls_;  ///< null: without TLS
  std::unique_ptr<cluster::MemberLink> link_;
  std::unique_ptr<cluster::Conversation> task_manager_;
  std::unique_ptr<Timer> last_;
};

}  // namespace

int tell_plan(const std::string& name, Graph graph, const Configuration& configuration, const Launch& launch) {
  cluster::ProgramPlan plan;
  plan.fingerprint = graph.fingerprint();
  plan.warnings = warnings_of(graph, checkpoints_of(configuration));
  host::RealHost host;
  if (!launch.from.empty()) {
    const checkpoint::Savepoint from =
        checkpoint::read_savepoint(host, launch.from, checkpoint::parse_checkpoint_name(launch.checkpoint));
    const runtime::JobOptions options = configuration.to_job_options(name, [](auto, const auto&) {});
    plan.restore =
        runtime::plan_restore(*from.manifest, graph, make_plan(graph, options.parallelism, options.key_groups), host,
                              options.key_groups, launch.from);
  }
  const runtime::LocalJob job(host, std::move(graph), configuration.to_job_options(name, [](auto, const auto&) {}),
                              [](const JobResult&) {});
  plan.text = plan_text(job.plan());
  std::promise<JobStatus> status;
  host.post([&] { status.set_value(job.status()); });
  plan.status = status.get_future().get();
  const auto link = host.inherited_stream(launch.descriptor);
  link->write(to_frame(cluster::encode_plan(plan)));
  link->close();
  return 0;
}

int run_worker(const std::string& name, Graph graph, const Configuration& configuration, const Launch& launch) {
  if (launch.process > 0) return MemberJob(name, std::move(graph), configuration, launch).run();
  return WorkerJob(name, std::move(graph), configuration, launch).run();
}

}  // namespace weir::detail
