#pragma once

#include <string>
#include <string_view>

#include "weir/connectors/files/files_options.h"
#include "weir/core/host.h"

namespace weir::connectors {

/// Makes the output directory and its staging folder, durably, or refuses a directory that holds something already.
/// Blocks. Errors: UserError naming the directory and what is in it; ExternalError of the file system.
void prepare_first(FileSystem& files, const FilesOptions& options);

/// Removes what an earlier attempt of the same job staged. Blocks.
/// Errors: ExternalError, not to be retried, if a part of its output is visible already although the job is not over:
/// doing it again would show records twice; ExternalError of the file system.
void prepare_again(FileSystem& files, const FilesOptions& options);

/// Removes what a job that ended without delivering had staged, and the staging folder. Leaves all as it is once parts
/// are visible: what is staged then is output that is missing. Blocks. Errors: ExternalError of the file system.
void abandon_staged(FileSystem& files, const FilesOptions& options);

/// "<16 hex digits>-<subtask>-<number>": a file in the staging folder that a file sink made.
bool is_staged_name(std::string_view name);

}  // namespace weir::connectors
