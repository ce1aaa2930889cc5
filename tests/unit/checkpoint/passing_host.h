#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/files.h"
#include "weir/core/forwarding_host.h"

namespace weir::checkpoint {

/// A host and its file system, for tests that change a part of what they do.
class PassingHost : public ForwardingHost, public FileSystem {
 public:
  explicit PassingHost(Host& inner) : ForwardingHost(inner), files_(inner.files()) {}

  FileSystem& files() override { return *this; }

  std::unique_ptr<File> open_for_read(const std::string& path) override { return files_.open_for_read(path); }
  std::unique_ptr<File> create(const std::string& path) override { return files_.create(path); }
  std::vector<DirectoryEntry> list(const std::string& directory) override { return files_.list(directory); }
  bool exists(const std::string& path) override { return files_.exists(path); }
  LinkResult link(const std::string& from, const std::string& to) override { return files_.link(from, to); }
  void make_directories(const std::string& path) override { files_.make_directories(path); }
  void rename(const std::string& from, const std::string& to) override { files_.rename(from, to); }
  std::unique_ptr<FileLock> try_lock(const std::string& path, std::string_view holder) override {
    return files_.try_lock(path, holder);
  }
  void remove(const std::string& path) override { files_.remove(path); }
  void sync_directory(const std::string& directory) override { files_.sync_directory(directory); }

 private:
  FileSystem& files_;
};

}  // namespace weir::checkpoint
