#include "process_launcher.h"

#include <algorithm>
#include <csignal>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::cluster {
namespace {

/// After a worker's process has ended its last messages are there at once; a grandchild may hold the socket for ever.
constexpr Duration kDrainLimit{2'000};
/// A worker that has hung up must end within this.
constexpr Duration kExitLimit{10'000};

constexpr std::uint64_t kLastBytes = 4096;

/// The end of a file from `from` on, from the beginning of a line. Blocks. Errors: as FileSystem's.
std::string tail(FileSystem& files, const std::string& path, std::uint64_t from) {
  const auto file = files.open_for_read(path);
  const std::uint64_t size = file->size();
  const bool cut = size > from + kLastBytes;
  if (cut) from = size - kLastBytes;
  std::string text(size > from ? size - from : 0, '\0');
  text.resize(file->read_at(from, text.data(), text.size()));
  if (cut) text.erase(0, text.find('\n') + 1);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// A worker's process. Shared by its owner and by what its process still causes.
class Running final : public std::enable_shared_from_this<Running> {
 public:
  Running(host::RealHost& host, std::string log_file, WorkerLauncher::Events events)
      : host_(host), log_file_(std::move(log_file)), events_(std::move(events)) {}

  void start(const host::ChildCommand& command, HeartbeatLimits limits) {
    if (host_.files().exists(log_file_)) log_begins_ = host_.files().open_for_read(log_file_)->size();
    process_ = host_.spawn(command, [weak = weak_from_this()](host::ChildEnd end) {
      if (const auto self = weak.lock()) self->process_ended(end);
    });
    // Raw: the conversation is a member.
    conversation_ = std::make_unique<Conversation>(
        host_, process_->take_link(), limits,
        Conversation::Events{[this](Message message) { events_.on_message(std::move(message)); },
                             [this](const std::string&) { link_ended(); }});
  }

  std::uint64_t pid() const { return process_->pid(); }
  void send(const Message& message) { conversation_->send(message); }
  void kill() { process_->signal(SIGKILL); }

 private:
  void link_ended() {
    link_over_ = true;
    if (process_over_) return tell_soon();
    timer_ = host_.at(host_.monotonic_now() + kExitLimit, [this] { kill(); });
  }

  void process_ended(host::ChildEnd end) {
    process_over_ = true;
    end_ = end;
    if (link_over_) return tell_soon();
    timer_ = host_.at(host_.monotonic_now() + kDrainLimit, [this] { tell_soon(); });
  }

  void tell_soon() {
    timer_.reset();
    if (std::exchange(told_, true)) return;
    auto words = std::make_shared<std::string>();
    host_.blocking(
        [words, &files = host_.files(), path = log_file_, from = log_begins_] { *words = tail(files, path, from); },
        [weak = weak_from_this(), words](std::exception_ptr) {
          // Without a log there are no last words; that it ended counts.
          const auto self = weak.lock();
          if (self == nullptr) return;
          const auto on_ended = self->events_.on_ended;
          on_ended({host::to_string(self->end_), *words, self->end_.status == 0 && self->end_.signal == 0});
        });
  }

  host::RealHost& host_;
  const std::string log_file_;
  WorkerLauncher::Events events_;
  std::uint64_t log_begins_ = 0;
  std::unique_ptr<host::ChildProcess> process_;
  std::unique_ptr<Conversation> conversation_;
  std::unique_ptr<Timer> timer_;
  host::ChildEnd end_;
  bool link_over_ = false;
  bool process_over_ = false;
  bool told_ = false;
};

class ProcessWorker final : public Worker {
 public:
  explicit ProcessWorker(std::shared_ptr<Running> running) : running_(std::move(running)) {}
  std::uint64_t pid() const override { return running_->pid(); }
  void send(const Message& message) override { running_->send(message); }
  void kill() override { running_->kill(); }

 private:
  std::shared_ptr<Running> running_;
};

}  // namespace

std::unique_ptr<Worker> ProcessLauncher::launch(const StartWorker& start, Events events) {
  host::ChildCommand command;
  command.words = {start.program};
  command.words.insert(command.words.end(), start.arguments.begin(), start.arguments.end());
  command.variables = start.variables;
  command.variables.emplace_back("WEIR_WORKER_FD", std::to_string(host::kChildLink));
  command.variables.emplace_back("WEIR_WORKER_HOST", links_.bind);
  if (links_.tls) {
    command.variables.emplace_back("WEIR_WORKER_TLS_CERTIFICATE", links_.tls->certificate);
    command.variables.emplace_back("WEIR_WORKER_TLS_KEY", links_.tls->key);
    command.variables.emplace_back("WEIR_WORKER_TLS_CA", links_.tls->ca);
  }
  command.variables.emplace_back("WEIR_WORKER_HEARTBEAT",
                                 fmt::format("{},{}", links_.limits.interval.count(), links_.limits.silence.count()));
  command.directory = start.directory;
  command.out = {host::ChildOutput::To::kFile, stdout_file_};
  command.error = {host::ChildOutput::To::kFile, log_file_};
  command.link = true;
  auto running = std::make_shared<Running>(host_, log_file_, std::move(events));
  running->start(command, links_.limits);
  return std::make_unique<ProcessWorker>(std::move(running));
}

}  // namespace weir::cluster
