#pragma once

#include <array>
#include <string_view>

namespace weir {

/// Every place at which Host::crash_point is called when a job runs, by name: what tests kill a process at. The name
/// tells what has just been done.
inline constexpr auto kCrashPoints = std::to_array<std::string_view>({
    "checkpoint: ack received",
    "checkpoint: ack sent",
    "checkpoint: aligned",
    "checkpoint: barrier emitted",
    "checkpoint: completed directory synced",
    "checkpoint: completed linked",
    "checkpoint: completed written",
    "checkpoint: delivered",
    "checkpoint: drain begun",
    "checkpoint: exported",
    "checkpoint: first barrier in",
    "checkpoint: frozen",
    "checkpoint: id allocated",
    "checkpoint: last ack",
    "checkpoint: manifest directory synced",
    "checkpoint: manifest linked",
    "checkpoint: manifest synced",
    "checkpoint: manifest written",
    "checkpoint: mid-drain",
    "checkpoint: notify sent",
    "checkpoint: offsets noted",
    "checkpoint: old files deleted",
    "checkpoint: output sealed",
    "checkpoint: state file linked",
    "checkpoint: state file synced",
    "checkpoint: trigger sent",
    "end: final checkpoint",
    "end: finished linked",
    "end: last watermark emitted",
    "file sink: append",
    "file sink: sync part",
    "file sink: sync staged names",
    "file sink: deliver",
    "file sink: sync delivered names",
    "file sink: delivered",
    "file sink: remove staged",
    "restore: files fetched",
    "restore: first checkpoint",
    "restore: floors set",
    "restore: handles imported",
    "restore: loading",
    "restore: log read",
    "restore: manifest chosen",
    "restore: sources positioned",
    "restore: staged output delivered",
    "restore: takeover linked",
    "restore: takeover written",
    "restore: tasks running",
    "restore: timers indexed",
});

/// Those of the daemons of a cluster.
inline constexpr auto kClusterCrashPoints = std::to_array<std::string_view>({
    "job manager: attempt over",
    "job manager: attempt stored",
    "job manager: attempt told",
    "job manager: cancel stored",
    "job manager: end stored",
    "job manager: job accepted",
    "job manager: job stored",
    "task manager: worker ended",
    "task manager: worker started",
});

}  // namespace weir
