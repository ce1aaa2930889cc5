#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "weir/core/files.h"

namespace weir {

// What is done with files in many places. All of it blocks. Errors: ExternalError naming the path, unless said
// otherwise.

/// The directory that holds the name of `path`: "." or "/" at the top.
std::string parent_of(const std::string& path);

/// All bytes of a file. Errors: CorruptionError for one of more than `limit` bytes, or that shrinks while it is read.
std::string read_whole(FileSystem& files, const std::string& path,
                       std::uint64_t limit = std::numeric_limits<std::uint64_t>::max());

/// Makes a directory and what is missing above it, with durable names. One that is there is taken for durable.
void make_durable_directory(FileSystem& files, const std::string& path);

/// Removes a file or an empty directory. False: it could not be removed, whatever the reason. Throws nothing.
bool try_remove(FileSystem& files, const std::string& path);

/// Removes a file, or a directory with all that is in it; a missing one is fine.
void remove_tree(FileSystem& files, const std::string& path);

}  // namespace weir
