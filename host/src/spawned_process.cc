#include "spawned_process.h"

#include <array>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36 forgets that C++ includes it.
extern "C" {
#include <sys/pidfd.h>
}

#include "weir/core/check.h"
#include "weir/core/error.h"

#include "posix_file.h"
#include "system_error.h"
#include "tcp_connection.h"

namespace weir::host {
namespace {

[[noreturn]] void throw_start_error(const ChildCommand& command, int error) {
  std::string advice;
  if (error == EACCES) advice = " (is it a program, and may you run it? chmod +x makes it one)";
  if (error == ENOEXEC) advice = " (it is no program that this machine can run)";
  const Retry retry = error == EAGAIN || error == ENOMEM || error == EMFILE ? Retry::kYes : Retry::kNo;
  std::string what = "cannot start " + command.words.front();
  if (!command.directory.empty()) what += " in " + command.directory;
  throw ExternalError(what + ": " + system_message(error) + advice, retry);
}

/// Two connected sockets that no other child inherits.
struct SocketPair {
  explicit SocketPair(const ChildCommand& command) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) throw_start_error(command, errno);
    ours = std::make_unique<Descriptor>(ends[0]);
    theirs = std::make_unique<Descriptor>(ends[1]);
  }

  std::unique_ptr<Descriptor> ours;
  std::unique_ptr<Descriptor> theirs;
};

/// What posix_spawn is told, built step by step. Errors: ExternalError naming the program.
class SpawnPlan {
 public:
  explicit SpawnPlan(const ChildCommand& command) : command_(command) {
    check(::posix_spawn_file_actions_init(&actions_));
    check(::posix_spawnattr_init(&attributes_));
    // What a host ignores would be ignored by the child, too.
    sigset_t none{};
    sigset_t all{};
    sigemptyset(&none);
    sigfillset(&all);
    check(::posix_spawnattr_setsigmask(&attributes_, &none));
    check(::posix_spawnattr_setsigdefault(&attributes_, &all));
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    flags |= command.session == ChildCommand::Session::kOwn ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
    check(::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags)));
    check(::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
  }

  ~SpawnPlan() {
    (void)::posix_spawn_file_actions_destroy(&actions_);
    (void)::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void open(int descriptor, const std::string& file) {
    constexpr mode_t kAllThatUmaskLeaves = 0666;
    const bool nowhere = file.empty();
    check(::posix_spawn_file_actions_addopen(&actions_, descriptor, nowhere ? "/dev/null" : file.c_str(),
                                             nowhere ? O_WRONLY : O_WRONLY | O_CREAT | O_APPEND, kAllThatUmaskLeaves));
  }

  void duplicate(int from, int to) { check(::posix_spawn_file_actions_adddup2(&actions_, from, to)); }

  pid_t start() {
    if (!command_.directory.empty())
      check(::posix_spawn_file_actions_addchdir_np(&actions_, command_.directory.c_str()));
    std::vector<char*> words;
    for (const std::string& word : command_.words) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const std::vector<std::string> variables = environment();
    std::vector<char*> entries;
    for (const std::string& variable : variables) entries.push_back(const_cast<char*>(variable.c_str()));
    entries.push_back(nullptr);
    pid_t pid = 0;
    check(::posix_spawn(&pid, words.front(), &actions_, &attributes_, words.data(), entries.data()));
    return pid;
  }

 private:
  std::vector<std::string> environment() const {
    std::map<std::string, std::string> named;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
      const std::string_view variable(*entry);
      const auto equals = variable.find('=');
      if (equals != std::string_view::npos) named.emplace(variable.substr(0, equals), variable.substr(equals + 1));
    }
    for (const auto& [name, value] : command_.variables) named[name] = value;
    std::vector<std::string> entries;
    for (const auto& [name, value] : named) entries.push_back(name + "=" + value);
    return entries;
  }

  void check(int error) const {
    if (error != 0) throw_start_error(command_, error);
  }

  const ChildCommand& command_;
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// What is known of a child, shared by its owner and by the wait for its end, which outlives the owner.
class Child final : public std::enable_shared_from_this<Child> {
 public:
  Child(ControlLoop& control, pid_t pid, int pid_descriptor, ChildEnded ended)
      : control_(control), pid_(pid), watch_(control.context(), pid_descriptor), ended_(std::move(ended)) {}

  pid_t pid() const { return pid_; }

  void wait() {
    watch_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](const error_code& error) {
      if (!error) self->reap();
    });
  }

  void signal(int number) {
    const std::lock_guard lock(mutex_);
    // Until it is reaped nobody else gets its number.
    if (!reaped_) (void)::kill(-pid_, number);
  }

 private:
  // Control thread.
  void reap() {
    int status = 0;
    {
      const std::lock_guard lock(mutex_);
      const pid_t got = uninterrupted([&] { return ::waitpid(pid_, &status, 0); });
      WEIR_CHECK(got == pid_, got, pid_, errno);
      reaped_ = true;
    }
    ChildEnd end;
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    if (WIFEXITED(status)) end.status = WEXITSTATUS(status);
    const auto ended = std::exchange(ended_, {});
    if (ended) control_.call("the end of a child process", [&] { ended(end); });
  }

  ControlLoop& control_;
  const pid_t pid_;
  std::mutex mutex_;  // guards the next, and that the number is still its own
  bool reaped_ = false;
  asio::posix::stream_descriptor watch_;
  ChildEnded ended_;
};

class SpawnedProcess final : public ChildProcess {
 public:
  struct Streams {
    std::unique_ptr<ByteStream> link;
    std::unique_ptr<ByteStream> out;
    std::unique_ptr<ByteStream> error;
  };

  SpawnedProcess(ControlLoop& control, std::shared_ptr<Child> child, Streams streams)
      : handle_(control), child_(std::move(child)), streams_(std::move(streams)) {}

  ~SpawnedProcess() override {
    if (!let_go_) child_->signal(SIGKILL);
  }

  std::uint64_t pid() const override { return static_cast<std::uint64_t>(child_->pid()); }
  void signal(int number) override { child_->signal(number); }
  void let_go() override { let_go_ = true; }
  std::unique_ptr<ByteStream> take_link() override { return std::move(streams_.link); }
  std::unique_ptr<ByteStream> take_out() override { return std::move(streams_.out); }
  std::unique_ptr<ByteStream> take_error() override { return std::move(streams_.error); }

 private:
  ControlLoop::Handle handle_;
  std::shared_ptr<Child> child_;
  Streams streams_;
  std::atomic<bool> let_go_{false};
};

}  // namespace

std::string to_string(const ChildEnd& end) {
  if (end.signal == 0) return "exited with status " + std::to_string(end.status);
  const char* name = ::sigdescr_np(end.signal);
  std::string text = "was killed by signal " + std::to_string(end.signal);
  if (name != nullptr) text += std::string(" (") + name + ")";
  return text;
}

void make_executable(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) throw_file_error("look at", path, errno);
  const mode_t readers = status.st_mode & (S_IRUSR | S_IRGRP | S_IROTH);
  if (::chmod(path.c_str(), status.st_mode | readers >> 2) != 0) throw_file_error("make executable", path, errno);
}

std::unique_ptr<ByteStream> adopt_socket(ControlLoop& control, std::chrono::milliseconds flush_limit, int descriptor) {
  stream_socket socket(control.context());
  error_code error;
  socket.assign(asio::generic::stream_protocol(AF_UNIX, 0), descriptor, error);
  // Not for the children of this process.
  if (error || ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) == -1)
    throw ExternalError(
        "descriptor " + std::to_string(descriptor) +
        " is no socket that this process was started with: " + (error ? error.message() : system_message(errno)));
  return std::make_unique<TcpStream>(control, std::make_shared<TcpConnection>(control, std::move(socket), flush_limit));
}

std::unique_ptr<ChildProcess> spawn_process(ControlLoop& control, std::chrono::milliseconds flush_limit,
                                            const ChildCommand& command, ChildEnded ended) {
  WEIR_CHECK(!command.words.empty());
  SpawnPlan plan(command);
  SpawnedProcess::Streams streams;
  std::vector<SocketPair> pairs;
  const auto connect = [&](int descriptor) {
    pairs.emplace_back(command);
    plan.duplicate(pairs.back().theirs->get(), descriptor);
    return std::exchange(pairs.back().ours, nullptr)->release();
  };
  const auto direct = [&](const ChildOutput& output, int descriptor) -> std::unique_ptr<ByteStream> {
    switch (output.to) {
      case ChildOutput::To::kOurs:
        break;
      case ChildOutput::To::kNowhere:
        plan.open(descriptor, "");
        break;
      case ChildOutput::To::kFile:
        plan.open(descriptor, output.file);
        break;
      case ChildOutput::To::kCaptured:
        return adopt_socket(control, flush_limit, connect(descriptor));
    }
    return nullptr;
  };
  streams.out = direct(command.out, STDOUT_FILENO);
  streams.error = direct(command.error, STDERR_FILENO);
  // The last, for one of the ends above may have its number.
  if (command.link) streams.link = adopt_socket(control, flush_limit, connect(kChildLink));
  const pid_t pid = plan.start();
  const int watched = ::pidfd_open(pid, 0);
  if (watched == -1) {
    const int error = errno;
    (void)::kill(-pid, SIGKILL);
    (void)uninterrupted([&] { return ::waitpid(pid, nullptr, 0); });
    throw_start_error(command, error);
  }
  auto child = std::make_shared<Child>(control, pid, watched, std::move(ended));
  auto process = std::make_unique<SpawnedProcess>(control, child, std::move(streams));
  asio::post(control.context(), [child] { child->wait(); });
  return process;
}

}  // namespace weir::host
