#include "standard_streams.h"

#include <string>

#include <poll.h>
#include <unistd.h>

#include "weir/core/error.h"
#include "weir/host/closed_output.h"

#include "system_error.h"

namespace weir::host {
namespace {

[[noreturn]] void throw_print_error(StandardStream stream, int error) {
  std::string message = "cannot write to the standard ";
  message += stream == StandardStream::kOut ? "output" : "error";
  message += ": " + system_message(error);
  if (error == EPIPE) throw ClosedOutput(message + " (its reader has ended)");
  if (error == ENOSPC) message += " (free some space, or use a larger disk)";
  throw ExternalError(message, error == EBADF ? Retry::kNo : Retry::kYes);
}

void wait_until_writable(StandardStream stream) {
  pollfd wanted{descriptor_of(stream), POLLOUT, 0};
  if (uninterrupted([&] { return ::poll(&wanted, 1, -1); }) == -1) throw_print_error(stream, errno);
}

}  // namespace

int descriptor_of(StandardStream stream) { return stream == StandardStream::kOut ? STDOUT_FILENO : STDERR_FILENO; }

void StandardStreams::print(StandardStream stream, std::string_view text) {
  const std::lock_guard lock(mutexes_[stream == StandardStream::kOut ? 0 : 1]);
  while (!text.empty()) {
    const ssize_t put = uninterrupted([&] { return ::write(descriptor_of(stream), text.data(), text.size()); });
    if (put >= 0) {
      text.remove_prefix(static_cast<std::size_t>(put));
    } else if (errno == EAGAIN) {
      // Whoever shares the terminal or pipe with us may have made it non-blocking.
      wait_until_writable(stream);
    } else {
      throw_print_error(stream, errno);
    }
  }
}

}  // namespace weir::host
