#pragma once

#include <memory>
#include <optional>
#include <string>

#include "weir/checkpoint/layout.h"
#include "weir/checkpoint/manifest.h"
#include "weir/checkpoint/store.h"
#include "weir/core/host.h"
#include "weir/core/ids.h"

// A savepoint is a checkpoint that its owner keeps: a job's directory with one completed checkpoint in it, all of its
// files and nothing else, on its own and under whatever name. No job ever changes or removes it.

namespace weir::checkpoint {

/// One that was found.
struct Savepoint {
  std::string directory;
  std::shared_ptr<const Manifest> manifest;
};

/// The name by which a job remembers from which savepoint it began: the last part of the path.
std::string savepoint_name(const std::string& path);

/// Makes a savepoint of a completed checkpoint of `store`, in a new directory "savepoint-<job>-<n>-<random>" below
/// `parent`, which is made if need be; files are linked where that can be, and compared. The directory has its name
/// only when it is whole and durable. Returns its path. Blocks.
/// Errors: ExternalError; CorruptionError naming a file of the checkpoint that is not what was written.
std::string write_savepoint(Host& host, const Store& store, const Manifest& manifest, const std::string& parent,
                            const std::string& holder);

/// Copies a completed checkpoint of `store`, as it is, into the new directory `path`, which stands on its own then; its
/// parents are made if need be. Files are linked where that can be, and compared. The directory has its name only when
/// it is whole and durable; what is killed before leaves a hidden one beside it. Blocks.
/// Errors: UserError when there is something at `path`; ExternalError; CorruptionError naming a file that is missing or
/// not what was written.
void copy_checkpoint(Host& host, const Store& store, const Manifest& manifest, const std::string& path,
                     const std::string& holder);

/// Reads a savepoint, or the newest checkpoint in the directory of a job; files are looked for, not read. Blocks.
/// `which`: another one of that job. Errors: UserError if there is none; CorruptionError naming what is missing or
/// damaged; ExternalError.
Savepoint read_savepoint(Host& host, const std::string& directory,
                         const std::optional<CheckpointName>& which = std::nullopt);

/// The attempt of a checkpoint that was made of a savepoint: before the first.
inline constexpr AttemptId kImported{0};

/// Brings the files of a savepoint into the directory of another job, linked or copied, compared, durable, under names
/// of `generation`: what is returned is a manifest of `job`, not written yet. Blocks.
/// Errors: CorruptionError naming a file that is missing or damaged; ExternalError.
Manifest take_over_savepoint(Host& host, const Savepoint& savepoint, const Store& into, GenerationId generation,
                             const std::string& job);

/// Whether the directory is one that a job works in, and no savepoint.
bool is_of_a_job(FileSystem& files, const std::string& directory);

/// Whether `manifest` is what take_over_savepoint() made of the savepoint in this directory, and not of another one of
/// that name. A directory that cannot be read is not known to be it. Blocks.
bool is_made_of(Host& host, const Manifest& manifest, const std::string& directory);

/// Removes a savepoint, and its directory if that holds nothing else. Blocks. Errors: ExternalError.
void remove_savepoint(FileSystem& files, const std::string& directory);

}  // namespace weir::checkpoint
