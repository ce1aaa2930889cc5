#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "weir/sim/disk.h"

namespace weir::sim {

/// A file or directory: what processes see, and what is durable of it.
struct Disk::Node {
  explicit Node(FileType of_type) : type(of_type) {}

  using Names = std::map<std::string, NodePtr, std::less<>>;

  FileType type;

  // A file.
  std::string bytes;
  std::size_t synced = 0;    ///< bytes that are durable
  bool sync_failed = false;  ///< no sync makes bytes of this file durable any more
  std::size_t names = 0;     ///< 0: removed, though perhaps still open

  std::uint64_t locked_in = 0;  ///< the epoch of the process that holds a lock on it; 0: nobody

  // A directory.
  Names entries;
  Names durable_entries;
};

/// A change of names that is not durable yet: as a whole or not at all.
struct Disk::Change {
  struct Assignment {
    NodePtr directory;
    std::string name;
    NodePtr node;  ///< null: the name goes
  };

  Assignment target;                 ///< syncing its directory makes the change durable
  std::optional<Assignment> source;  ///< the old name of a rename
  NodePtr subject;                   ///< what was created, renamed or removed
};

}  // namespace weir::sim
