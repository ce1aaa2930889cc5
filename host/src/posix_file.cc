#include "posix_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "weir/core/error.h"

#include "system_error.h"

namespace weir::host {
namespace {

Retry retry_after(int error) {
  switch (error) {
    case EACCES:
    case EEXIST:
    case EINVAL:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOENT:
    case ENOTDIR:
    case ENOTEMPTY:
    case EPERM:
    case EROFS:
    case EXDEV:
      return Retry::kNo;
    default:
      return Retry::kYes;
  }
}

std::string_view advice(int error) {
  switch (error) {
    case ENOSPC:
      return " (free some space, or use a larger disk)";
    case EDQUOT:
      return " (free some space, or raise the quota)";
    case EMFILE:
    case ENFILE:
      return " (raise the limit on open files: ulimit -n)";
    default:
      return "";
  }
}

}  // namespace

void throw_file_error(std::string_view action, const std::string& path, int error) {
  std::string message = "cannot ";
  message.append(action).append(" ").append(path).append(": ").append(system_message(error)).append(advice(error));
  throw ExternalError(message, retry_after(error));
}

Descriptor::~Descriptor() {
  // Whatever close() reports concerns bytes that were not synced: nothing was promised about them.
  if (fd_ >= 0) (void)::close(fd_);
}

std::size_t PosixFile::read_at(std::uint64_t offset, char* into, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = uninterrupted(
        [&] { return ::pread(descriptor_.get(), into + done, size - done, static_cast<off_t>(offset + done)); });
    if (got == -1) throw_file_error("read", path_, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void PosixFile::append(std::string_view bytes) {
  check_usable("write to");
  while (!bytes.empty()) {
    const ssize_t put = uninterrupted([&] { return ::write(descriptor_.get(), bytes.data(), bytes.size()); });
    if (put == -1) throw_file_error("write to", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

void PosixFile::sync() {
  check_usable("sync");
  if (uninterrupted([&] { return ::fdatasync(descriptor_.get()); }) == 0) return;
  const int error = errno;
  // The kernel may have dropped the pages it could not write: the next sync would succeed, and lie.
  sync_failed_ = true;
  throw_file_error("sync", path_, error);
}

std::uint64_t PosixFile::size() {
  struct stat status{};
  if (::fstat(descriptor_.get(), &status) != 0) throw_file_error("ask for the size of", path_, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

void PosixFile::check_usable(std::string_view action) const {
  if (!sync_failed_) return;
  throw ExternalError("cannot " + std::string(action) + " " + path_ + ": an earlier sync failed; write a new file",
                      Retry::kNo);
}

}  // namespace weir::host
