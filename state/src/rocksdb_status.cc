#include "rocksdb_status.h"

#include <fmt/core.h>

#include "weir/core/error.h"

namespace weir::state {

void check_rocksdb(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return;
  const std::string message = fmt::format("cannot {}: {}", what, status.ToString());
  if (status.IsCorruption()) throw CorruptionError(message);
  const bool never = status.IsInvalidArgument() || status.IsNotSupported();
  throw ExternalError(message, never ? Retry::kNo : Retry::kYes);
}

}  // namespace weir::state
