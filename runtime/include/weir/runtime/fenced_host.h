#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/host.h"

namespace weir::runtime {

/// A host that removes no file once another process has taken over: asks `fence`, which throws then, before each
/// removal. What was listed before it asks is so of this process, or of an earlier one, however long this one is held
/// up after.
///
/// Thread: as the host. Requires: `host` outlives it.
class FencedHost final : public Host, public FileSystem {
 public:
  FencedHost(Host& host, std::function<void()> fence) : host_(host), files_(host.files()), fence_(std::move(fence)) {}

  FileSystem& files() override { return *this; }
  void remove(const std::string& path) override {
    fence_();
    files_.remove(path);
  }

  MonotonicTime monotonic_now() override { return host_.monotonic_now(); }
  Timestamp wall_now() override { return host_.wall_now(); }
  void post(std::function<void()> work) override { host_.post(std::move(work)); }
  std::unique_ptr<Timer> at(MonotonicTime when, std::function<void()> work) override {
    return host_.at(when, std::move(work));
  }
  void blocking(std::function<void()> work, std::function<void(std::exception_ptr)> done) override {
    host_.blocking(std::move(work), std::move(done));
  }
  std::unique_ptr<Loop> start_loop(Steppable& what, std::string_view name) override {
    return host_.start_loop(what, name);
  }
  Network& network() override { return host_.network(); }
  void print(StandardStream stream, std::string_view text) override { host_.print(stream, text); }
  std::uint64_t random() override { return host_.random(); }
  void crash_point(std::string_view name) override { host_.crash_point(name); }

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
  Host& host_;
  FileSystem& files_;
  const std::function<void()> fence_;
};

}  // namespace weir::runtime
