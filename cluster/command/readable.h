#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/core/time.h"

namespace weir::cluster {

/// "4.1 KiB"; the count itself below 1024.
std::string readable_bytes(std::uint64_t bytes);

/// "2026-01-01T00:00:02Z".
std::string utc(Timestamp time);

/// "1 file", "2 files".
std::string count(std::uint64_t number, std::string_view what);

}  // namespace weir::cluster
