#pragma once

#include <array>
#include <string_view>

namespace weir {

/// Every place at which Host::crash_point is called, by name: what tests kill a process at. The name tells what has
/// just been done.
inline constexpr auto kCrashPoints = std::to_array<std::string_view>({
    "file sink: append",
    "file sink: sync part",
    "file sink: sync staged names",
    "file sink: deliver",
    "file sink: sync delivered names",
    "file sink: delivered",
});

}  // namespace weir
