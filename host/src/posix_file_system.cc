#include "weir/host/posix_file_system.h"

#include <algorithm>
#include <cstdio>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weir/core/error.h"

#include "posix_file.h"
#include "system_error.h"

namespace weir::host {
namespace {

bool missing(int error) { return error == ENOENT || error == ENOTDIR; }

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// "a/b" for "a/b/c" and "a/b/c/"; empty when there is none.
std::string parent_of(const std::string& path) {
  const auto end = path.find_last_not_of('/');
  const auto slash = end == std::string::npos ? end : path.find_last_of('/', end);
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// False: it vanished since its name was read.
bool describe(int directory, const std::string& path, DirectoryEntry& entry) {
  struct stat status{};
  if (::fstatat(directory, entry.name.c_str(), &status, 0) != 0) {
    // A link to nowhere is listed as what it is.
    if (::fstatat(directory, entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (missing(errno)) return false;
      throw_file_error("look at", path + "/" + entry.name, errno);
    }
  }
  entry.type = S_ISREG(status.st_mode)   ? FileType::kFile
               : S_ISDIR(status.st_mode) ? FileType::kDirectory
                                         : FileType::kOther;
  entry.size = entry.type == FileType::kFile ? static_cast<std::uint64_t>(status.st_size) : 0;
  return true;
}

class HeldLock final : public FileLock {
 public:
  explicit HeldLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;
};

bool is_file_at(const std::string& path, int fd) {
  struct stat named{};
  struct stat opened{};
  if (::fstat(fd, &opened) != 0) throw_file_error("look at", path, errno);
  return ::stat(path.c_str(), &named) == 0 && named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

void rename_by_link(const std::string& from, const std::string& to, const std::string& action) {
  if (::link(from.c_str(), to.c_str()) != 0) throw_file_error(action, to, errno);
  if (::unlink(from.c_str()) != 0) throw_file_error("remove the old name", from, errno);
}

}  // namespace

std::unique_ptr<File> PosixFileSystem::open_for_read(const std::string& path) {
  // Without O_NONBLOCK a pipe would be waited for until somebody writes into it; of a file it changes nothing.
  const int fd = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
  if (fd == -1) throw_file_error("open", path, errno);
  Descriptor opened(fd);
  struct stat status{};
  if (::fstat(fd, &status) != 0) throw_file_error("look at", path, errno);
  if (S_ISFIFO(status.st_mode))
    throw ExternalError(fmt::format("cannot open {}: it is a pipe, not a file", path), Retry::kNo);
  return std::make_unique<PosixFile>(std::move(opened), path);
}

std::unique_ptr<File> PosixFileSystem::create(const std::string& path) {
  constexpr mode_t kAllThatUmaskLeaves = 0666;
  const int fd = uninterrupted(
      [&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, kAllThatUmaskLeaves); });
  if (fd == -1) throw_file_error("create", path, errno);
  return std::make_unique<PosixFile>(Descriptor(fd), path);
}

std::vector<DirectoryEntry> PosixFileSystem::list(const std::string& directory) {
  const std::unique_ptr<DIR, DirectoryCloser> open(::opendir(directory.c_str()));
  if (open == nullptr) throw_file_error("list", directory, errno);
  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* found = ::readdir(open.get());
    if (found == nullptr) {
      if (errno != 0) throw_file_error("list", directory, errno);
      break;
    }
    DirectoryEntry entry;
    entry.name = found->d_name;
    if (entry.name == "." || entry.name == "..") continue;
    if (describe(::dirfd(open.get()), directory, entry)) entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

bool PosixFileSystem::exists(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) return true;
  if (!missing(errno)) throw_file_error("look for", path, errno);
  return false;
}

void PosixFileSystem::make_directories(const std::string& path) {
  constexpr mode_t kAllThatUmaskLeaves = 0777;
  if (::mkdir(path.c_str(), kAllThatUmaskLeaves) == 0) return;
  const int error = errno;
  if (is_directory(path)) return;
  const std::string parent = parent_of(path);
  if (error != ENOENT || parent.empty()) throw_file_error("make the directory", path, error);
  make_directories(parent);
  if (::mkdir(path.c_str(), kAllThatUmaskLeaves) == 0) return;
  const int second_error = errno;
  if (!is_directory(path)) throw_file_error("make the directory", path, second_error);
}

void PosixFileSystem::rename(const std::string& from, const std::string& to) {
  const std::string action = "rename " + from + " to";
  if (no_replace_ == NoReplace::kByLink) return rename_by_link(from, to, action);
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  const int error = errno;
  const bool flag_unknown = error == EINVAL || error == ENOSYS;
  if (!flag_unknown || is_directory(from)) throw_file_error(action, to, error);
  rename_by_link(from, to, action);
}

LinkResult PosixFileSystem::link(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return LinkResult::kLinked;
  switch (errno) {
    case EEXIST:
      return LinkResult::kExists;
    case EXDEV:
    case EPERM:
    case EMLINK:
    case EOPNOTSUPP:
      return LinkResult::kNotPossible;
    default:
      throw_file_error("link " + from + " to", to, errno);
  }
}

std::unique_ptr<FileLock> PosixFileSystem::try_lock(const std::string& path, std::string_view holder) {
  constexpr mode_t kAllThatUmaskLeaves = 0666;
  for (;;) {
    const int fd =
        uninterrupted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kAllThatUmaskLeaves); });
    if (fd == -1) throw_file_error("open", path, errno);
    auto lock = std::make_unique<HeldLock>(Descriptor(fd));
    if (uninterrupted([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) != 0) {
      if (errno == EWOULDBLOCK) return nullptr;
      throw_file_error("lock", path, errno);
    }
    // Somebody may have removed the name before the lock was there: what counts is the file of that name.
    if (!is_file_at(path, fd)) continue;
    if (::ftruncate(fd, 0) != 0) throw_file_error("write to", path, errno);
    const ssize_t put = uninterrupted([&] { return ::write(fd, holder.data(), holder.size()); });
    if (put == -1) throw_file_error("write to", path, errno);
    return lock;
  }
}

void PosixFileSystem::remove(const std::string& path) {
  // std::remove() is unlink for files and rmdir for directories.
  if (std::remove(path.c_str()) != 0 && !missing(errno)) throw_file_error("remove", path, errno);
}

void PosixFileSystem::sync_directory(const std::string& directory) {
  const int fd = uninterrupted([&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (fd == -1) throw_file_error("open the directory", directory, errno);
  const Descriptor descriptor(fd);
  if (uninterrupted([&] { return ::fsync(fd); }) != 0) throw_file_error("sync the directory", directory, errno);
}

}  // namespace weir::host
