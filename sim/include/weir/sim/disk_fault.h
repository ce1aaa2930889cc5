#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "weir/core/ids.h"

namespace weir::sim {

/// The calls on a disk that a fault can strike.
enum class DiskOperation : std::uint8_t {
  kOpen,
  kCreate,
  kRead,
  kWrite,
  kSync,
  kList,
  kMakeDirectories,
  kRename,  ///< by its old or its new name
  kLink,    ///< by its old or its new name; and locks
  kRemove,
  kSyncDirectory,
};

/// Something that goes wrong on a simulated disk.
struct DiskFault {
  enum class Kind : std::uint8_t {
    kIoError,   ///< EIO; a write may have written a part, a failed sync has synced nothing
    kNoSpace,   ///< ENOSPC where something would be written; a write may have written a part
    kReadOnly,  ///< EROFS where something would be changed
    kSlow,      ///< the call takes `latency` longer
    kBitFlip,   ///< one bit of what is read is wrong; the disk itself keeps the right one
  };

  Kind kind = Kind::kIoError;
  std::string path = "*";                      ///< absolute, '*' stands for any text, '?' for any character
  std::vector<DiskOperation> operations = {};  ///< empty: all that the kind makes sense for
  double probability = 1;
  std::uint64_t times = std::numeric_limits<std::uint64_t>::max();  ///< strikes so often, then heals
  std::chrono::nanoseconds latency{0};
};

using DiskFaultId = StrongId<struct DiskFaultIdTag, std::uint32_t>;

}  // namespace weir::sim
