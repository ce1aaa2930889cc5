#include "weir/host/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "standard_streams.h"

namespace weir::host {

bool is_terminal(StandardStream stream) { return ::isatty(descriptor_of(stream)) == 1; }

std::optional<unsigned> terminal_width() {
  winsize size{};
  if (::ioctl(descriptor_of(StandardStream::kOut), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

}  // namespace weir::host
