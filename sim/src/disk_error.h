#pragma once

#include <string>
#include <string_view>

namespace weir::sim {

/// Throws the ExternalError of a call on `path` that failed with `error` (an errno value), in the words and with the
/// Retry of the real file system.
[[noreturn]] void throw_disk_error(std::string_view action, const std::string& path, int error);

}  // namespace weir::sim
