#include "disk_error.h"

#include <cerrno>
#include <system_error>

#include "weir/core/error.h"

namespace weir::sim {
namespace {

std::string_view advice(int error) {
  switch (error) {
    case ENOSPC:
      return " (free some space, or use a larger disk)";
    case EMFILE:
      return " (raise the limit on open files: ulimit -n)";
    default:
      return "";
  }
}

}  // namespace

void throw_disk_error(std::string_view action, const std::string& path, int error) {
  std::string message = "cannot ";
  message.append(action).append(" ").append(path).append(": ");
  message.append(std::generic_category().message(error)).append(advice(error));
  const bool may_pass = error == EIO || error == ENOSPC || error == EMFILE || error == EBUSY;
  throw ExternalError(message, may_pass ? Retry::kYes : Retry::kNo);
}

}  // namespace weir::sim
