#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/core/host.h"

namespace weir::connectors {

/// The folder, inside an output directory, that holds what is not visible yet.
inline constexpr std::string_view kStagingFolder = ".weir";

/// A complete part of an output: written and synced under a hidden name, to be seen under another.
struct StagedPart {
  std::string staged;  ///< path
  std::string final;   ///< path
};

/// Makes the parts visible, in order, by renaming them, and makes that durable. Idempotent: the final name there and
/// the staged one gone is the witness that a part was delivered before. Blocks.
/// Errors: CorruptionError naming a part that has neither name; ExternalError naming a final name that something else
/// has already, or what the file system refuses.
void deliver(Host& host, const std::string& directory, const std::vector<StagedPart>& parts);

/// Removes the staging folder if nothing is in it. Blocks.
void remove_empty_staging(FileSystem& files, const std::string& directory);

}  // namespace weir::connectors
