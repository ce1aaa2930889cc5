#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/sim/world.h"

namespace weir::checkpoint {

/// A world and its file system, for tests that change a part of what they do.
class PassingHost : public Host, public FileSystem {
 public:
  explicit PassingHost(sim::World& world) : world_(world), files_(world.files()) {}

  FileSystem& files() override { return *this; }

  MonotonicTime monotonic_now() override { return world_.monotonic_now(); }
  Timestamp wall_now() override { return world_.wall_now(); }
  void post(std::function<void()> work) override { world_.post(std::move(work)); }
  std::unique_ptr<Timer> at(MonotonicTime when, std::function<void()> work) override {
    return world_.at(when, std::move(work));
  }
  void blocking(std::function<void()> work, std::function<void(std::exception_ptr)> done) override {
    world_.blocking(std::move(work), std::move(done));
  }
  std::unique_ptr<Loop> start_loop(Steppable& what, std::string_view name) override {
    return world_.start_loop(what, name);
  }
  Network& network() override { return world_.network(); }
  void print(StandardStream stream, std::string_view text) override { world_.print(stream, text); }
  std::uint64_t random() override { return world_.random(); }
  void crash_point(std::string_view name) override { world_.crash_point(name); }

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
  sim::World& world_;
  FileSystem& files_;
};

}  // namespace weir::checkpoint
