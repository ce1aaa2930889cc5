#include "weir/host/daemon.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// glibc 2.36 forgets that C++ includes it.
extern "C" {
#include <sys/pidfd.h>
}

#include "weir/core/error.h"

#include "posix_file.h"
#include "system_error.h"

namespace weir::host {
namespace {

/// True: it has ended.
bool wait_for_end(int process, Duration patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<Duration>(until - std::chrono::steady_clock::now());
    pollfd watched{process, POLLIN, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0) return true;
    if (left.count() <= 0) return false;
  }
}

}  // namespace

std::string program_path() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) throw ExternalError("cannot find this program's own file: " + error.message());
  return path.string();
}

std::string absolute_path(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  if (error) throw ExternalError("cannot find " + path + ": " + error.message());
  std::string text = absolute.lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

std::string host_name() {
  std::array<char, 257> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != 0 ? name.data() : "localhost";
}

std::string user_name() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  const int error = ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
  return error == 0 && found != nullptr ? found->pw_name : std::to_string(::geteuid());
}

void write_private_file(const std::string& path, std::string_view text) {
  constexpr mode_t kOwner = 0600;
  const int fd =
      uninterrupted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, kOwner); });
  if (fd == -1) throw_file_error("create", path, errno);
  PosixFile(Descriptor(fd), path).append(text);
}

bool is_locked(const std::string& path) {
  const int fd = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); });
  if (fd == -1 && errno == ENOENT) return false;
  if (fd == -1) throw_file_error("open", path, errno);
  const Descriptor descriptor(fd);
  if (uninterrupted([&] { return ::flock(fd, LOCK_SH | LOCK_NB); }) == 0) return false;
  if (errno == EWOULDBLOCK) return true;
  throw_file_error("lock", path, errno);
}

EndOfProcess end_process(std::uint64_t pid, Duration patience) {
  const int fd = ::pidfd_open(static_cast<pid_t>(pid), 0);
  if (fd == -1 && errno == ESRCH) return EndOfProcess::kGone;
  if (fd == -1) throw ExternalError("cannot watch process " + std::to_string(pid) + ": " + system_message(errno));
  const Descriptor process(fd);
  const auto send = [&](int signal) {
    if (::pidfd_send_signal(fd, signal, nullptr, 0) == 0 || errno == ESRCH) return;
    throw ExternalError("cannot end process " + std::to_string(pid) + ": " + system_message(errno));
  };
  send(SIGTERM);
  // A stopped process does not hear the first.
  send(SIGCONT);
  if (wait_for_end(fd, patience)) return EndOfProcess::kEnded;
  send(SIGKILL);
  if (!wait_for_end(fd, patience)) throw ExternalError("process " + std::to_string(pid) + " cannot be killed");
  return EndOfProcess::kKilled;
}

}  // namespace weir::host
