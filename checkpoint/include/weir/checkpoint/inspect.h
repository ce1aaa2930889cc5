#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/checkpoint/layout.h"
#include "weir/checkpoint/manifest.h"
#include "weir/core/host.h"

// Reading a checkpoint directory without the job, whether it runs meanwhile or not. Nothing is changed.

namespace weir::checkpoint {

/// How closely files are looked at.
enum class Depth : std::uint8_t {
  kNames,  ///< log and manifests are read; of state files existence and length are compared
  kBytes,  ///< every byte of every file that a checkpoint needs is compared
};

/// A completed checkpoint that a process would consider for a restore.
struct InspectedCheckpoint {
  CheckpointName name;
  std::uint64_t log_index = 0;
  std::shared_ptr<const Manifest> manifest;  ///< null: it cannot be read
  std::vector<std::string> problems;         ///< each names a file
};

/// A job's directory.
struct InspectedJob {
  std::string directory;
  std::string job;                          ///< its identity, as far as any file tells; else empty
  std::optional<std::uint64_t> generation;  ///< the newest that the log names
  std::string holder;                       ///< who holds or held the lock last; empty: there is no lock
  bool finished = false;
  std::vector<InspectedCheckpoint> checkpoints;  ///< oldest first
  std::vector<std::string> problems;             ///< of the log; each names a file
  std::uint64_t files = 0;                       ///< that were read to their ends
  std::uint64_t bytes = 0;                       ///< in them

  bool damaged() const;
};

/// The directories of jobs at `path`: itself if it is one, else those in it, sorted. Errors: UsageError when there is
/// no directory, or no job in it; ExternalError.
std::vector<std::string> find_jobs(Host& host, const std::string& path);

/// Blocks. Errors: ExternalError for what cannot be read at all; damage is told in the result.
InspectedJob inspect_job(Host& host, const std::string& directory, Depth depth);

}  // namespace weir::checkpoint
