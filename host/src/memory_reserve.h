#pragma once

namespace weir::host {

/// Keeps memory for what a process without any still has to do: say so, and end its job.
///
/// Once an allocation fails, the reserve is given back and the allocation tried again, unless its thread works on
/// records: that fails, as std::bad_alloc, and ends the job. Called by every host; once a process is enough.
/// Thread: any.
void keep_memory_reserve();

/// While it lives, this thread works on records. Thread: the one that made it.
class WorksOnRecords {
 public:
  WorksOnRecords();
  ~WorksOnRecords();
  WorksOnRecords(const WorksOnRecords&) = delete;
  WorksOnRecords& operator=(const WorksOnRecords&) = delete;
};

}  // namespace weir::host
