#include "lost_log.h"

#include <fmt/format.h>

namespace weir::checkpoint {

std::string lost_log(const Layout& layout) {
  return fmt::format(
      "{} holds files of checkpoints, but in {} no entry is left that tells which of them count: bring the "
      "log back, or use another directory to start from the beginning",
      layout.directory(), layout.log());
}

}  // namespace weir::checkpoint
