#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// An open file. Closing is destruction. Calls block: they belong into Host::blocking.
///
/// Errors: every call throws ExternalError that names the path and the system's reason.
class File {
 public:
  virtual ~File() = default;

  /// Reads up to `size` bytes at `offset`; fewer only at the end of the file, 0 past it.
  virtual std::size_t read_at(std::uint64_t offset, char* into, std::size_t size) = 0;

  /// Appends all of `bytes` at the end.
  virtual void append(std::string_view bytes) = 0;

  /// Makes the file's bytes durable. A sync that failed is never retried: abandon the file.
  virtual void sync() = 0;

  virtual std::uint64_t size() = 0;
};

enum class FileType { kFile, kDirectory, kOther };

struct DirectoryEntry {
  std::string name;  ///< without the directory
  FileType type = FileType::kFile;
  std::uint64_t size = 0;
};

/// What became of a link.
enum class LinkResult {
  kLinked,
  kExists,       ///< the new name is taken
  kNotPossible,  ///< this file system, or one on each side, cannot: copy instead
};

/// Held by one process at a time. Destruction, or the end of the process, releases it.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// Files and directories by path ('/' separates). Thread-safe; calls block.
///
/// Errors: ExternalError naming the path and the system's reason, unless said otherwise.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual std::unique_ptr<File> open_for_read(const std::string& path) = 0;

  /// Creates a file for appending. It must not exist.
  virtual std::unique_ptr<File> create(const std::string& path) = 0;

  /// Sorted by name. Without "." and "..".
  virtual std::vector<DirectoryEntry> list(const std::string& directory) = 0;

  virtual bool exists(const std::string& path) = 0;

  /// Creates the directory and its parents; one that is there already is fine.
  virtual void make_directories(const std::string& path) = 0;

  /// Atomically gives `from` the name `to`, which must not exist; no copy across file systems.
  virtual void rename(const std::string& from, const std::string& to) = 0;

  /// Atomically gives the file `from` the further name `to`.
  virtual LinkResult link(const std::string& from, const std::string& to) = 0;

  /// Locks the file `path`, made if need be, and writes `holder` into it. Null: another process holds it; the file
  /// tells who. Removing the file lets the next caller have a lock of its own, whatever the holder of the old one does.
  virtual std::unique_ptr<FileLock> try_lock(const std::string& path, std::string_view holder) = 0;

  /// Removes a file or an empty directory. A missing one is fine.
  virtual void remove(const std::string& path) = 0;

  /// Makes the names in `directory` durable (created, renamed and removed ones).
  virtual void sync_directory(const std::string& directory) = 0;
};

}  // namespace weir
