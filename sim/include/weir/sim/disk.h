#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/files.h"
#include "weir/sim/disk_fault.h"
#include "weir/sim/random.h"

namespace weir::sim {

/// A disk in memory that forgets at a crash what was not synced, and fails on demand.
///
/// Durable are the bytes of a file up to its last sync(), and the names in a directory up to its last
/// sync_directory(); a rename, atomic also in a crash, becomes durable with the directory of the new name. A directory
/// is itself a name in its parent. Of the rest a crash keeps by seed nothing, everything or something: changes of
/// names one by one (but never a later change of a name or file without the earlier ones), bytes up to any length,
/// with sectors that read as zeros.
/// Relative paths start at the root. The words of errors are those of a POSIX file system. Errors of faults say
/// Retry as the real ones do. Thread: one thread only.
class Disk final : public FileSystem {
 public:
  explicit Disk(std::uint64_t seed);
  ~Disk() override;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

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

  /// Power loss: what was not durable is lost, kept or torn; files that were open are dead (see kill()).
  void crash();

  /// The process died: everything written is still there. Changes through files that were open have no effect.
  void kill();

  /// While detached, changes have no effect, silently: those who make them are dead. Reading works.
  void detach() { attached_ = false; }
  void attach() { attached_ = true; }

  // What goes wrong.
  DiskFaultId inject(DiskFault fault);
  void heal(DiskFaultId fault);
  void heal_all() { faults_.clear(); }
  /// Writes fail when the bytes of all files would exceed `bytes`.
  void set_capacity(std::uint64_t bytes) { capacity_ = bytes; }
  std::uint64_t used() const { return used_; }
  /// Opening one more file fails when `files` are open.
  void set_open_limit(std::size_t files) { open_limit_ = files; }
  std::size_t open_files() const { return open_; }
  /// Rises with every change of names that somebody can see: for readers that look whether there is something new.
  std::uint64_t name_changes() const { return name_changes_; }

  // For tests; they work whatever is injected, and what they change is durable at once.
  /// Creates or replaces a file, and its directories.
  void write_file(const std::string& path, std::string_view bytes);
  /// Errors: ExternalError when there is no such file.
  std::string read_file(const std::string& path);
  /// The paths of all files below `directory`, absolute and sorted; none if it is not there.
  std::vector<std::string> list_recursive(const std::string& directory);
  /// Removes a file or a directory with all that is in it.
  void erase(const std::string& path);

  /// Called at the start of every call of the file system interface, with the latency that faults add to it.
  using OnCall = std::function<void(std::chrono::nanoseconds latency)>;
  void on_call(OnCall callback) { on_call_ = std::move(callback); }

 private:
  struct Node;
  struct Change;
  class OpenFile;
  class Lock;
  using NodePtr = std::shared_ptr<Node>;

  struct Place {
    NodePtr directory;
    std::string name;
  };

  struct Injected {
    DiskFaultId id;
    DiskFault fault;
  };

  // Paths. `action` is for the message when the path leads nowhere: "cannot <action> <path>: <reason>".
  NodePtr find(const std::string& path) const;
  Place locate(std::string_view action, const std::string& shown, const std::string& path) const;
  static NodePtr entry(const Place& place);

  // Changes of names: seen at once, durable later.
  void change(Change made);
  static void apply_durably(const Change& made);
  void make_durable(const NodePtr& directory);
  void set_name(const NodePtr& directory, const std::string& name, const NodePtr& node);

  // Crashes.
  void lose_changes();
  void restore(Node& directory);
  void tear(Node& file);

  // Faults.
  struct Strike {
    bool flip_bit = false;
    int error = 0;  ///< an errno value; the call fails
  };
  Strike strike(DiskOperation operation, const std::string& path, const std::string& other_path = {});
  void fail_if_struck(DiskOperation operation, std::string_view action, const std::string& path);

  std::unique_ptr<File> open_file(const NodePtr& node, const std::string& path, bool writable);
  void check_open_limit(std::string_view action, const std::string& path) const;

  Random random_;
  NodePtr root_;
  std::vector<Change> pending_;  ///< in the order of their making
  std::vector<Injected> faults_;
  std::uint32_t last_fault_ = 0;
  std::uint64_t capacity_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t used_ = 0;
  std::size_t open_ = 0;
  std::uint64_t name_changes_ = 0;
  std::size_t open_limit_ = std::numeric_limits<std::size_t>::max();
  std::uint64_t epoch_ = 1;  ///< files opened in an earlier one are dead
  bool attached_ = true;
  OnCall on_call_;
};

}  // namespace weir::sim
