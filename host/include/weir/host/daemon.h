#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/core/time.h"

// What a command needs that starts and ends processes which outlive it.

namespace weir::host {

/// The absolute path of the program that this process runs. Errors: ExternalError.
std::string program_path();

/// The absolute path of a file or directory, which need not exist, as of the working directory.
/// Errors: ExternalError when there is no working directory.
std::string absolute_path(const std::string& path);

/// Names of this machine and of the user, fit for names of files.
std::string host_name();
std::string user_name();

/// Creates a file that its owner alone may read; it must not exist. Errors: ExternalError naming it.
void write_private_file(const std::string& path, std::string_view text);

/// Whether a process holds the lock FileSystem::try_lock(path). Errors: ExternalError naming the file.
bool is_locked(const std::string& path);

/// What became of a process that was told to end.
enum class EndOfProcess : std::uint8_t {
  kEnded,
  kKilled,  ///< it did not end in time
  kGone,    ///< there was none
};

/// Sends SIGTERM, waits, and sends SIGKILL after `patience`. Blocks. Errors: ExternalError (not permitted).
EndOfProcess end_process(std::uint64_t pid, Duration patience);

}  // namespace weir::host
