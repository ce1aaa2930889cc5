#pragma once

#include <array>
#include <string_view>

namespace weir {

/// Every place at which Host::crash_point is called, by name: what tests kill a process at. The name tells what has
/// just been done.
inline constexpr auto kCrashPoints = std::to_array<std::string_view>({
    "checkpoint: ack received",
    "checkpoint: completed directory synced",
    "checkpoint: completed linked",
    "checkpoint: completed written",
    "checkpoint: delivered",
    "checkpoint: drain begun",
    "checkpoint: exported",
    "checkpoint: frozen",
    "checkpoint: id allocated",
    "checkpoint: last ack",
    "checkpoint: manifest directory synced",
    "checkpoint: manifest linked",
    "checkpoint: manifest synced",
    "checkpoint: manifest written",
    "checkpoint: mid-drain",
    "checkpoint: notify sent",
    "checkpoint: old files deleted",
    "checkpoint: output sealed",
    "checkpoint: state file linked",
    "checkpoint: state file synced",
    "checkpoint: trigger sent",
    "end: final checkpoint",
    "end: finished linked",
    "file sink: append",
    "file sink: sync part",
    "file sink: sync staged names",
    "file sink: deliver",
    "file sink: sync delivered names",
    "file sink: delivered",
    "file sink: remove staged",
    "restore: files fetched",
    "restore: handles imported",
    "restore: log read",
    "restore: manifest chosen",
    "restore: takeover linked",
    "restore: takeover written",
    "restore: timers indexed",
});

}  // namespace weir
