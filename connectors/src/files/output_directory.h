#pragma once

#include "weir/connectors/files/files_options.h"
#include "weir/core/host.h"
#include "weir/core/staged_output.h"

namespace weir::connectors {

/// Makes the output directory and its staging folder, durably, or refuses a directory that holds something already or
/// lies inside that of another sink. Blocks.
/// Errors: UserError naming the directory and what is in it; ExternalError of the file system.
void prepare_first(FileSystem& files, const FilesOptions& options);

/// Removes what an earlier attempt of the same job staged, which had nothing to go on from. Blocks.
/// Errors: ExternalError, not to be retried, if a part of its output is visible already although the job is not over:
/// doing it again would show records twice; UserError as prepare_first(), for a directory that no attempt prepared;
/// ExternalError of the file system.
void prepare_again(FileSystem& files, const FilesOptions& options);

/// Removes what earlier attempts staged, except `keep`; what is delivered, and what does not have a name of this sink,
/// stays. Makes what of the directories is missing. Blocks.
/// Errors: CorruptionError for a handle that is none; ExternalError of the file system.
void recover_staged(Host& host, const FilesOptions& options, const StagedOutputs& keep);

/// All output is delivered: removes what is staged, which is of writers that were overtaken or given up, and the
/// staging folder. Blocks. Errors: ExternalError of the file system.
void finish_staging(FileSystem& files, const FilesOptions& options);

/// Removes what a job that ended without delivering had staged, and the staging folder. Leaves all as it is once parts
/// are visible: what is staged then is output that is missing. Blocks. Errors: ExternalError of the file system.
void abandon_staged(FileSystem& files, const FilesOptions& options);

}  // namespace weir::connectors
