#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/host.h"
#include "weir/core/ids.h"

namespace weir::connectors {

/// The folder, inside an output directory, that holds what is not visible yet.
inline constexpr std::string_view kStagingFolder = ".weir";

/// A complete part of an output: written and synced under a hidden name, to be seen under another. Names are relative
/// to the output directory, so that it can be moved.
struct StagedPart {
  std::string staged;                                ///< ".weir/part-1-7.00000000000000ff"
  std::string final;                                 ///< "part-1-7"
  std::optional<std::uint64_t> size = std::nullopt;  ///< bytes, once complete; unknown: not compared

  friend bool operator==(const StagedPart&, const StagedPart&) = default;
};

/// The names of part `number`, counted from 1, of a subtask: "<prefix>-<subtask, from 1>-<number>". `writer` tells the
/// writers of different attempts apart, so that what an earlier one still does touches no file of a later one.
StagedPart name_part(std::string_view prefix, SubtaskIndex subtask, std::uint64_t number, std::uint64_t writer);

/// Whether a file of the staging folder (its name without the folder) was named so, with this prefix.
bool is_staged_name(std::string_view name, std::string_view prefix);

/// Whether a file of the output directory was named so, with this prefix.
bool is_final_name(std::string_view name, std::string_view prefix);

/// How a checkpoint names a part: "<staged><TAB><final><TAB><size>", the last only if it is known.
std::string to_handle(const StagedPart& part);

/// Errors: CorruptionError naming a handle that is none.
StagedPart from_handle(const std::string& handle);

/// Makes the parts visible, in order, by renaming them, and makes that durable. Idempotent: the final name there and
/// the staged one gone is the witness that a part was delivered before. Looks at all parts before it touches one.
/// Blocks. Errors: CorruptionError naming a part that has neither name, or not its size any more; ExternalError, not to
/// be retried, naming a final name that something else has already; ExternalError of the file system.
void deliver(Host& host, const std::string& directory, const std::vector<StagedPart>& parts);

/// Removes the staging folder if nothing is in it. Blocks.
void remove_empty_staging(FileSystem& files, const std::string& directory);

}  // namespace weir::connectors
