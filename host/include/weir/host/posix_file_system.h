#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/files.h"

namespace weir::host {

/// How rename() keeps from replacing what is there.
enum class NoReplace {
  kByFlag,  ///< renameat2(RENAME_NOREPLACE); where the file system lacks it, as kByLink
  kByLink,  ///< link, then unlink: files only, and a crash in between leaves both names
};

/// The machine's files. Relative paths count from the working directory; links are followed.
///
/// Thread-safe; a File has one user at a time. A file whose sync failed refuses all further work.
/// Errors: retry is kNo where the same call can only fail again (missing, not permitted, there already).
class PosixFileSystem final : public FileSystem {
 public:
  explicit PosixFileSystem(NoReplace no_replace = NoReplace::kByFlag) : no_replace_(no_replace) {}

  std::unique_ptr<File> open_for_read(const std::string& path) override;
  std::unique_ptr<File> create(const std::string& path) override;
  std::vector<DirectoryEntry> list(const std::string& directory) override;
  bool exists(const std::string& path) override;
  void make_directories(const std::string& path) override;
  void rename(const std::string& from, const std::string& to) override;
  LinkResult link(const std::string& from, const std::string& to) override;
  std::unique_ptr<FileLock> try_lock(const std::string& path, std::string_view holder) override;
  void remove(const std::string& path) override;
  void sync_directory(const std::string& directory) override;

 private:
  NoReplace no_replace_;
};

}  // namespace weir::host
