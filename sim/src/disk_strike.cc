// Which of the injected faults a call meets.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "weir/sim/disk.h"

#include "disk_error.h"
#include "path.h"

namespace weir::sim {
namespace {

bool changes(DiskOperation operation) {
  switch (operation) {
    case DiskOperation::kCreate:
    case DiskOperation::kWrite:
    case DiskOperation::kMakeDirectories:
    case DiskOperation::kRename:
    case DiskOperation::kLink:
    case DiskOperation::kRemove:
      return true;
    default:
      return false;
  }
}

bool needs_space(DiskOperation operation) {
  return operation == DiskOperation::kCreate || operation == DiskOperation::kWrite ||
         operation == DiskOperation::kMakeDirectories;
}

bool applies(const DiskFault& fault, DiskOperation operation) {
  if (fault.kind == DiskFault::Kind::kBitFlip) return operation == DiskOperation::kRead;
  if (!fault.operations.empty())
    return std::find(fault.operations.begin(), fault.operations.end(), operation) != fault.operations.end();
  switch (fault.kind) {
    case DiskFault::Kind::kReadOnly:
      return changes(operation);
    case DiskFault::Kind::kNoSpace:
      return needs_space(operation);
    default:
      return true;
  }
}

}  // namespace

DiskFaultId Disk::inject(DiskFault fault) {
  const DiskFaultId id(++last_fault_);
  faults_.push_back({id, std::move(fault)});
  return id;
}

void Disk::heal(DiskFaultId fault) {
  std::erase_if(faults_, [fault](const Injected& injected) { return injected.id == fault; });
}

Disk::Strike Disk::strike(DiskOperation operation, const std::string& path, const std::string& other_path) {
  Strike strike;
  std::chrono::nanoseconds latency(0);
  for (Injected& injected : faults_) {
    DiskFault& fault = injected.fault;
    if (fault.times == 0 || !applies(fault, operation)) continue;
    if (!path_matches(fault.path, absolute_path(path)) &&
        (other_path.empty() || !path_matches(fault.path, absolute_path(other_path))))
      continue;
    if (fault.probability < 1 && !random_.chance(fault.probability)) continue;
    --fault.times;
    switch (fault.kind) {
      case DiskFault::Kind::kSlow:
        latency += fault.latency;
        break;
      case DiskFault::Kind::kBitFlip:
        strike.flip_bit = true;
        break;
      case DiskFault::Kind::kIoError:
        strike.error = EIO;
        break;
      case DiskFault::Kind::kNoSpace:
        strike.error = ENOSPC;
        break;
      case DiskFault::Kind::kReadOnly:
        strike.error = EROFS;
        break;
    }
  }
  if (on_call_) on_call_(latency);
  return strike;
}

void Disk::fail_if_struck(DiskOperation operation, std::string_view action, const std::string& path) {
  if (const int error = strike(operation, path).error) throw_disk_error(action, path, error);
}

}  // namespace weir::sim
