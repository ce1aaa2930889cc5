#pragma once

#include <mutex>

#include "weir/core/host.h"

namespace weir::state {

/// Gives back to the system what the allocator keeps of memory that was freed: between pieces that live, that may be a
/// quarter of them. Thread-safe. Without effect on other allocators than glibc's.
class FreedMemory {
 public:
  explicit FreedMemory(Host& host) : host_(host) {}
  /// Gives back whatever there is.
  ~FreedMemory();
  FreedMemory(const FreedMemory&) = delete;
  FreedMemory& operator=(const FreedMemory&) = delete;

  /// Does nothing if it was done lately, or is being done: it takes a twentieth of the time at most.
  void give_back();

 private:
  Host& host_;
  std::mutex mutex_;
  MonotonicTime next_{};
};

}  // namespace weir::state
