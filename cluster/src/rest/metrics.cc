#include "rest/metrics.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "weir/core/check.h"

#include "rest/checkpoint_json.h"

namespace weir::cluster {
namespace {

using runtime::JobState;
using runtime::JobStatus;

constexpr std::uint64_t kMillisecond = 1'000'000;

constexpr std::array<std::pair<std::string_view, std::string_view>, 47> kHelp{{
    {"numRegisteredTaskManagers", "TaskManagers that are there"},
    {"numRunningJobs", "jobs that have not ended"},
    {"taskSlotsTotal", "slots of all TaskManagers"},
    {"taskSlotsAvailable", "slots that no job has"},
    {"Status.Process.Memory.Used", "bytes of memory that its processes have"},
    {"Status.Machine.Memory.Total", "bytes of memory of the machine"},
    {"Status.Slots.Total", "slots"},
    {"Status.Slots.Available", "slots that no job has"},
    {"numRestarts", "restarts after failures"},
    {"uptime", "milliseconds since the job began"},
    {"runningTime", "milliseconds in which the job was in the state RUNNING, the last time it was"},
    {"totalNumberOfCheckpoints", "checkpoints that were begun"},
    {"numberOfCompletedCheckpoints", "checkpoints that were completed"},
    {"numberOfFailedCheckpoints", "checkpoints that were given up"},
    {"numberOfInProgressCheckpoints", "checkpoints that are being taken"},
    {"lastCheckpointDuration", "milliseconds from the trigger of the last checkpoint to its completion"},
    {"lastCheckpointSize", "bytes of the last checkpoint that no earlier one had"},
    {"lastCheckpointFullSize", "bytes of the last checkpoint"},
    {"lastCheckpointAlignmentTime", "milliseconds of the longest alignment of the last checkpoint"},
    {"lastCheckpointRestoreTimestamp",
     "when a checkpoint was last gone on from, milliseconds since the epoch; -1: never"},
    {"lastCheckpointExternalPath", "where the last checkpoint lies"},
    {"numRecordsIn", "records that came in"},
    {"numRecordsOut", "records that went out"},
    {"numBytesIn", "bytes of records that came through channels"},
    {"numBytesOut", "bytes of records that went into channels"},
    {"numRecordsInPerSecond", "records that come in each second"},
    {"numRecordsOutPerSecond", "records that go out each second"},
    {"numBytesInPerSecond", "bytes that come in each second"},
    {"numBytesOutPerSecond", "bytes that go out each second"},
    {"busyTimeMsPerSecond", "milliseconds of a second with something to do"},
    {"idleTimeMsPerSecond", "milliseconds of a second without input"},
    {"backPressuredTimeMsPerSecond", "milliseconds of a second without room for output"},
    {"accumulateBusyTimeMs", "milliseconds with something to do, in all"},
    {"accumulateIdleTimeMs", "milliseconds without input, in all"},
    {"accumulateBackPressuredTimeMs", "milliseconds without room for output, in all"},
    {"currentInputWatermark",
     "event time that the task has come to, milliseconds since the epoch; the least number: none"},
    {"numLateRecordsDropped", "records that came after their windows were gone, late output included"},
    {"numMalformedRecords", "records that were skipped or put aside as malformed"},
    {"numFarFutureRecords", "records whose time is too far ahead to move the watermark"},
    {"checkpointAlignmentTime", "nanoseconds of the alignment of the last barrier"},
    {"stateMemoryUsed", "bytes of keyed state in memory, and on its way to disk"},
    {"stateMemoryShare", "bytes that keyed state may take in memory; 0: no limit"},
    {"stateEntriesInMemory", "entries of keyed state in memory"},
    {"stateEntriesOnDisk", "entries of keyed state that are on disk alone"},
    {"numStateEvictions", "times that changed entries were written so that they could leave memory"},
    {"numStateRowsReadAhead", "rows of state that were read back together, ahead of batches"},
    {"numStateRowsReadAtOnce", "rows of state that were read back while the subtask waited"},
}};

/// Milliseconds since the job came to run; 0: it does not.
std::int64_t running_ms(const JobStatus& status) {
  if (status.state != JobState::kRunning || status.changes.empty()) return 0;
  return std::max<std::int64_t>(0, status.now_ms - status.changes.back().at_ms);
}

}  // namespace

std::string value_text(const Metric& metric) {
  return std::visit([](const auto& value) { return fmt::format("{}", value); }, metric.value);
}

double value_number(const Metric& metric) {
  return std::visit(
      [](const auto& value) -> double {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
          return 0;
        } else {
          return static_cast<double>(value);
        }
      },
      metric.value);
}

std::string_view metric_help(std::string_view name) {
  const auto found = std::find_if(kHelp.begin(), kHelp.end(), [&](const auto& help) { return help.first == name; });
  WEIR_CHECK(found != kHelp.end(), name);
  return found->second;
}

std::vector<Metric> cluster_metrics(const ClusterView& view) {
  std::uint64_t slots = 0;
  std::uint64_t free_slots = 0;
  const auto managers = view.task_managers();
  for (const TaskManagerStatus& manager : managers) {
    slots += manager.slots;
    free_slots += manager.free_slots;
  }
  const auto jobs = view.jobs();
  const auto running =
      std::count_if(jobs.begin(), jobs.end(), [](const JobEntry& job) { return job.status->ended_ms < 0; });
  return {{"numRegisteredTaskManagers", std::uint64_t{managers.size()}},
          {"numRunningJobs", static_cast<std::int64_t>(running)},
          {"taskSlotsTotal", slots},
          {"taskSlotsAvailable", free_slots}};
}

std::vector<Metric> task_manager_metrics(const TaskManagerStatus& manager) {
  return {{"Status.Process.Memory.Used", manager.used_memory},
          {"Status.Machine.Memory.Total", manager.physical_memory},
          {"Status.Slots.Total", std::uint64_t{manager.slots}},
          {"Status.Slots.Available", std::uint64_t{manager.free_slots}}};
}

std::vector<Metric> job_metrics(const JobStatus& status) {
  const std::int64_t end = status.ended_ms < 0 ? status.now_ms : status.ended_ms;
  std::vector<Metric> metrics{{"numRestarts", std::uint64_t{status.restarts}},
                              {"uptime", status.started_ms < 0 ? std::int64_t{0} : end - status.started_ms},
                              {"runningTime", running_ms(status)}};
  if (!status.checkpoints) return metrics;
  const runtime::CheckpointsStatus& checkpoints = *status.checkpoints;
  const auto in_progress = static_cast<std::uint64_t>(
      std::count_if(checkpoints.history.begin(), checkpoints.history.end(),
                    [](const auto& checkpoint) { return checkpoint.state == runtime::CheckpointState::kInProgress; }));
  metrics.push_back({"totalNumberOfCheckpoints", checkpoints.completed + checkpoints.failed + in_progress});
  metrics.push_back({"numberOfCompletedCheckpoints", checkpoints.completed});
  metrics.push_back({"numberOfFailedCheckpoints", checkpoints.failed});
  metrics.push_back({"numberOfInProgressCheckpoints", in_progress});
  metrics.push_back({"lastCheckpointRestoreTimestamp",
                     checkpoints.latest_restored ? checkpoints.latest_restored->at_ms : std::int64_t{-1}});
  if (const runtime::CheckpointStatus* last = latest_completed(checkpoints)) {
    metrics.push_back({"lastCheckpointDuration", checkpoint_duration_ms(*last)});
    metrics.push_back({"lastCheckpointSize", last->new_bytes});
    metrics.push_back({"lastCheckpointFullSize", last->state_bytes});
    metrics.push_back({"lastCheckpointAlignmentTime", last->alignment_ns / kMillisecond});
    metrics.push_back({"lastCheckpointExternalPath", last->external_path});
  }
  return metrics;
}

std::vector<Metric> subtask_metrics(const runtime::SubtaskStatus& subtask, const SubtaskRates& rates) {
  runtime::OperatorMemory memory;
  std::uint64_t in_memory = 0;
  std::uint64_t on_disk = 0;
  for (const runtime::OperatorMemory& of : subtask.memory) {
    memory.share += of.share;
    memory.bytes += of.bytes;
    memory.evictions += of.evictions;
    memory.rows_ahead += of.rows_ahead;
    memory.rows_at_once += of.rows_at_once;
    for (const runtime::StateMemory& state : of.states) {
      in_memory += state.entries;
      on_disk += state.entries_cold;
    }
  }
  return {{"numRecordsIn", subtask.records_in},
          {"numRecordsOut", subtask.records_out},
          {"numBytesIn", subtask.bytes_in},
          {"numBytesOut", subtask.bytes_out},
          {"numRecordsInPerSecond", rates.records_in},
          {"numRecordsOutPerSecond", rates.records_out},
          {"numBytesInPerSecond", rates.bytes_in},
          {"numBytesOutPerSecond", rates.bytes_out},
          {"busyTimeMsPerSecond", rates.busy_ms},
          {"idleTimeMsPerSecond", rates.idle_ms},
          {"backPressuredTimeMsPerSecond", rates.back_pressured_ms},
          {"accumulateBusyTimeMs", subtask.busy_ns / kMillisecond},
          {"accumulateIdleTimeMs", subtask.idle_ns / kMillisecond},
          {"accumulateBackPressuredTimeMs", subtask.back_pressured_ns / kMillisecond},
          {"currentInputWatermark", subtask.watermark_ms.value_or(std::numeric_limits<std::int64_t>::min())},
          {"numLateRecordsDropped", subtask.late},
          {"numMalformedRecords", subtask.malformed},
          {"numFarFutureRecords", subtask.far_future},
          {"checkpointAlignmentTime", subtask.alignment_ns},
          {"stateMemoryUsed", memory.bytes},
          {"stateMemoryShare", memory.share},
          {"stateEntriesInMemory", in_memory},
          {"stateEntriesOnDisk", on_disk},
          {"numStateEvictions", memory.evictions},
          {"numStateRowsReadAhead", memory.rows_ahead},
          {"numStateRowsReadAtOnce", memory.rows_at_once}};
}

}  // namespace weir::cluster
