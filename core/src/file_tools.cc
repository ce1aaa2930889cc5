#include "weir/core/file_tools.h"

#include <cstddef>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir {
std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string read_whole(FileSystem& files, const std::string& path, std::uint64_t limit) {
  const auto file = files.open_for_read(path);
  const std::uint64_t size = file->size();
  if (size > limit) throw CorruptionError(fmt::format("{} has {} bytes; at most {} make sense", path, size, limit));
  std::string bytes(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const std::size_t more = file->read_at(got, bytes.data() + got, size - got);
    if (more == 0) throw CorruptionError(fmt::format("{} ended at byte {} of {} while it was read", path, got, size));
    got += more;
  }
  return bytes;
}

void make_durable_directory(FileSystem& files, const std::string& path) {
  if (files.exists(path)) return;
  const std::string parent = parent_of(path);
  if (parent != "." && parent != "/") make_durable_directory(files, parent);
  files.make_directories(path);
  files.sync_directory(parent);
}

bool try_remove(FileSystem& files, const std::string& path) {
  try {
    files.remove(path);
    return true;
  } catch (const Error&) {
    return false;
  }
}

void remove_tree(FileSystem& files, const std::string& path) {
  // A directory that is not empty is refused. A link goes, and what it names stays.
  if (try_remove(files, path)) return;
  for (const DirectoryEntry& entry : files.list(path)) remove_tree(files, path + "/" + entry.name);
  files.remove(path);
}

}  // namespace weir
