#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/files.h"
#include "weir/core/forwarding_host.h"

namespace weir::runtime {

/// A host that removes no file once another process has taken over: asks `fence`, which throws then, before each
/// removal. What was listed before it asks is so of this process, or of an earlier one, however long this one is held
/// up after.
///
/// Thread: as the host. Requires: `host` outlives it.
class FencedHost final : public ForwardingHost, public FileSystem {
 public:
  FencedHost(Host& host, std::function<void()> fence)
      : ForwardingHost(host), files_(host.files()), fence_(std::move(fence)) {}

  FileSystem& files() override { return *this; }
  void remove(const std::string& path) override {
    fence_();
    files_.remove(path);
  }

  std::unique_ptr<File> open_for_read(const std::string& path) override { return files_.open_for_read(path); }
  std::unique_ptr<File> create(const std::string& path) override { return files_.create(path); }
  std::vector<DirectoryEntry> list(const std::string& directory) override { return files_.list(directory); }
  bool exists(const std::string& path) override { return files_.exists(path); }
  void make_directories(const std::string& path) override { files_.make_directories(path); }
  void rename(const std::string& from, const std::string& to) override { files_.rename(from, to); }
  LinkResult link(const std::string& from, const std::string& to) override { return files_.link(from, to); }
  std::unique_ptr<FileLock> try_lock(const std::string& path, std::string_view holder) override {
    return files_.try_lock(path, holder);
  }
  void sync_directory(const std::string& directory) override { files_.sync_directory(directory); }

 private:
  FileSystem& files_;
  const std::function<void()> fence_;
};

}  // namespace weir::runtime
