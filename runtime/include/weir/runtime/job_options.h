#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "weir/checkpoint/options.h"
#include "weir/runtime/placement.h"
#include "weir/runtime/restart_strategy.h"
#include "weir/state/cold_store.h"
#include "weir/state/non_restored.h"

namespace weir::runtime {

enum class LogLevel : std::uint8_t { kInfo, kWarning, kError };

class OtherProcesses;

/// How a job is run.
struct JobOptions {
  std::string name = "job";       ///< for messages
  std::uint32_t parallelism = 1;  ///< of operators that do not say otherwise
  std::uint32_t workers = 1;      ///< threads that run tasks
  std::uint32_t key_groups = 1024;
  std::size_t batch_size = 1024;  ///< records a batch
  std::size_t channel_batches =
      16;              ///< batches on their way from one subtask to all its targets over one edge, at least 2 each
  bool drain = false;  ///< at the end of input, processing-time windows fire
  RestartStrategy restart;
  std::optional<checkpoint::Options> checkpoints;  ///< absent: a failure loses all state
  state::ColdStoresFactory cold_stores;            ///< with checkpoints: where state lives below its tables
  std::string state_directory;  ///< for the cold stores; emptied; empty: within the checkpoint directory
  /// Checkpoints may hold more state than the job has, and a savepoint operators.
  bool allow_non_restored_state = false;
  state::NonRestored non_restored() const {
    return allow_non_restored_state ? state::NonRestored::kDropped : state::NonRestored::kRefused;
  }
  /// Bytes that the job may hold, but for what user code does; absent: state has to fit, whatever it takes. Requires:
  /// checkpoints.
  std::optional<std::size_t> memory;
  std::optional<std::size_t> state_share;  ///< of the keyed state of each subtask; absent: what `memory` gives it
  std::size_t drain_slice_rows = 1024;     ///< entries of state that are written down between two batches, at most
  Placement placement;                     ///< of subtasks on processes; this one leads and is number 0
  OtherProcesses* others = nullptr;        ///< with more than one process; outlives the job
  /// Told what happens to the job. Thread: control loop.
  std::function<void(LogLevel, const std::string&)> log = [](LogLevel, const std::string&) {};
};

}  // namespace weir::runtime
