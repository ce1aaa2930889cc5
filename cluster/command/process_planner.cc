#include "process_planner.h"

#include <csignal>
#include <memory>
#include <utility>

#include "weir/core/error.h"
#include "weir/core/frames.h"

namespace weir::cluster {
namespace {

/// How much of what a program says is kept.
constexpr std::size_t kMostWords = 16 * 1024;
/// What is in a pipe when its writer has ended is there at once; a grandchild may hold the pipe for ever.
constexpr Duration kDrainLimit{500};

/// One program that is asked. Keeps itself alive until it has answered.
class Asked final : public std::enable_shared_from_this<Asked> {
 public:
  Asked(host::RealHost& host, std::string program, Duration time_out, ProgramPlanner::Planned done)
      : host_(host), program_(std::move(program)), time_out_(time_out), done_(std::move(done)) {}

  /// Errors: the program cannot be started.
  void start(const ProgramCommand& command) {
    host::ChildCommand child;
    child.words = {command.program};
    child.words.insert(child.words.end(), command.arguments.begin(), command.arguments.end());
    child.variables = command.variables;
    child.variables.emplace_back("WEIR_PLAN_FD", std::to_string(host::kChildLink));
    child.directory = command.directory;
    child.error.to = host::ChildOutput::To::kCaptured;
    child.link = true;
    process_ = host_.spawn(child, [self = shared_from_this()](host::ChildEnd end) { self->ended(end); });
    link_ = process_->take_link();
    error_ = process_->take_error();
    link_->start(collect(outcome_.link, kLargestFrame));
    error_->start(collect(outcome_.said, kMostWords));
    timer_ = host_.at(host_.monotonic_now() + time_out_, [self = shared_from_this()] {
      self->outcome_.time_out = self->time_out_;
      self->process_->signal(SIGKILL);
    });
  }

 private:
  ByteStream::Handler collect(std::string& into, std::size_t most) {
    return {[self = shared_from_this(), &into, most](const std::string& bytes) {
              if (into.size() < most) into.append(bytes, 0, most - into.size());
            },
            [self = shared_from_this()](const std::string&) {
              ++self->streams_ended_;
              self->maybe_finish();
            }};
  }

  void ended(host::ChildEnd end) {
    outcome_.ending = host::to_string(end);
    outcome_.status = end.status;
    outcome_.crashed = end.signal != 0;
    over_ = true;
    timer_ = host_.at(host_.monotonic_now() + kDrainLimit, [self = shared_from_this()] { self->finish(); });
    maybe_finish();
  }

  void maybe_finish() {
    if (over_ && streams_ended_ == 2) finish();
  }

  void finish() {
    const auto done = std::exchange(done_, {});
    if (!done) return;
    // What they hold holds this. They end before the answer, for then the host may go.
    const auto self = shared_from_this();
    timer_.reset();
    link_.reset();
    error_.reset();
    process_.reset();
    ProgramPlan plan;
    try {
      plan = judge_plan(program_, outcome_);
    } catch (const Error&) {
      return done({}, std::current_exception());
    }
    done(std::move(plan), nullptr);
  }

  host::RealHost& host_;
  const std::string program_;
  const Duration time_out_;
  ProgramPlanner::Planned done_;
  PlanOutcome outcome_;
  std::unique_ptr<host::ChildProcess> process_;
  std::unique_ptr<ByteStream> link_;
  std::unique_ptr<ByteStream> error_;
  std::unique_ptr<Timer> timer_;
  int streams_ended_ = 0;
  bool over_ = false;
};

}  // namespace

void ProcessPlanner::plan(const ProgramCommand& command, Planned done) {
  host_.post([this, command, done = std::move(done)] {
    try {
      if (!uploads_.empty() && command.program.starts_with(uploads_ + "/")) host::make_executable(command.program);
      std::make_shared<Asked>(host_, command.program, time_out_, done)->start(command);
    } catch (const ExternalError& error) {
      done({}, std::make_exception_ptr(UserError(error.what())));
    }
  });
}

}  // namespace weir::cluster
