#include "embedded_job.h"

#include <csignal>
#include <future>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/core/failure.h"
#include "weir/host/environment.h"
#include "weir/host/real_host.h"
#include "weir/host/terminal.h"
#include "weir/runtime/local_job.h"
#include "weir/stream/console_host.h"
#include "weir/stream/job_text.h"

#include "embedded_page.h"
#include "exit_status.h"
#include "job_log.h"
#include "job_watch.h"

namespace weir::detail {

namespace {

using runtime::JobResult;

constexpr int kCancelledFromOutside = 3;  // status: by REST, or on the page

const char* signal_name(int signal) {
  switch (signal) {
    case SIGINT:
      return "SIGINT";
    case SIGHUP:
      return "SIGHUP";
    default:
      return "SIGTERM";
  }
}

bool shows_status(Configuration::Status status) {
  switch (status) {
    case Configuration::Status::kOn:
      return true;
    case Configuration::Status::kOff:
      return false;
    // A pipe from here may end at the same terminal, where its lines and ours would mix.
    case Configuration::Status::kAuto:
      return host::is_terminal(StandardStream::kOut) && host::is_terminal(StandardStream::kError);
  }
  return false;
}

/// A job and everything that lives as long as it runs. The order of the members is that of their dependence.
class EmbeddedJob {
 public:
  EmbeddedJob(const std::string& name, Graph graph, const Configuration& configuration, Keeps keeps)
      : name_(name),
        console_(host_, host::is_terminal(StandardStream::kOut) ? ConsoleHost::Output::kSharesTerminal
                                                                : ConsoleHost::Output::kElsewhere),
        log_(console_, configuration.log_detail),
        watch_(console_, log_, configuration,
               shows_status(configuration.status) ? JobWatch::Show::kStatusLine : JobWatch::Show::kLogLines),
        job_(console_, std::move(graph), job_options(configuration),
             [this](JobResult result) { ended(std::move(result)); }),
        checkpoints_(configuration.takes_checkpoints() ? Checkpoints::kTaken : Checkpoints::kNone),
        workers_(configuration.workers),
        keeps_(keeps) {
    if (configuration.page) page_.emplace(host_, job_, name_, configuration);
  }

  int run() {
    if (page_) log_.info(fmt::format("{}: page at {}", name_, page_->start()));
    host_.post([this] { watch_.start(job_); });
    // Before the first line is out: whoever sees it may send a signal.
    host_.on_signal([this](int signal) { stop(signal); });
    log_.info(fmt::format("{}: {}, workers {}", name_, plan_text(job_.plan()), workers_));
    for (const std::string& warning : warnings_of(job_.graph(), checkpoints_)) log_.warning(warning);
    if (keeps_ == Keeps::kNothing)
      log_.warning(
          "without --weir.checkpoint-dir the job's checkpoints end with this process: the same command begins with the "
          "savepoint again");
    host_.post([this] {
      if (!over_) job_.start();
    });
    const JobResult result = end_.get_future().get();
    return conclude(result);
  }

 private:
  runtime::JobOptions job_options(const Configuration& configuration) {
    auto options =
        configuration.to_job_options(name_, [this](auto level, const auto& text) { log_.write(level, text); });
    if (options.checkpoints) options.checkpoints->holder = host::process_name();
    return options;
  }

  // Control loop.
  void stop(int signal) {
    if (over_) return;
    signal_ = signal;
    log_.info(fmt::format("{}: stopping the job; once more ends it at once", signal_name(signal)));
    job_.cancel();
  }

  // Control loop.
  void ended(JobResult result) {
    over_ = true;
    watch_.stop();
    if (page_) page_->stop();
    end_.set_value(std::move(result));
  }

  int conclude(const JobResult& result) {
    switch (result.state) {
      case JobResult::State::kFinished:
        log_.info(summary_line(
            name_,
            result.savepoint.empty() ? "finished" : fmt::format("stopped with a savepoint in '{}',", result.savepoint),
            watch_.last()));
        return 0;
      case JobResult::State::kFailed:
        log_.error(fmt::format("{} failed: {}", name_, result.message));
        log_.info(summary_line(name_, "failed", watch_.last()));
        return holds<UsageError>(result.error) ? kWrongUsage : kFailed;
      case JobResult::State::kCancelled:
        break;
    }
    if (signal_ == 0) {
      log_.info(summary_line(name_, "cancelled", watch_.last()));
      return kCancelledFromOutside;
    }
    log_.info(summary_line(name_, fmt::format("stopped by {}", signal_name(signal_)), watch_.last()));
    return 128 + signal_;
  }

  const std::string name_;
  int signal_ = 0;     // control loop until the end
  bool over_ = false;  // control loop
  std::promise<JobResult> end_;
  host::RealHost host_;
  ConsoleHost console_;
  JobLog log_;
  JobWatch watch_;
  runtime::LocalJob job_;
  const Checkpoints checkpoints_;
  const std::uint32_t workers_;
  const Keeps keeps_;
  std::optional<EmbeddedPage> page_;
};

}  // namespace

int run_embedded(const std::string& name, Graph graph, const Configuration& configuration, Keeps keeps) {
  return EmbeddedJob(name, std::move(graph), configuration, keeps).run();
}

}  // namespace weir::detail
