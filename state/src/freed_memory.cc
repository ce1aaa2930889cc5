#include "freed_memory.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace weir::state {

namespace {

constexpr int kRestOfTime = 20;

void trim() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace

FreedMemory::~FreedMemory() { trim(); }

void FreedMemory::give_back() {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  const MonotonicTime begin = host_.monotonic_now();
  if (!lock.owns_lock() || begin < next_) return;
  trim();
  const MonotonicTime end = host_.monotonic_now();
  next_ = end + (end - begin) * kRestOfTime;
}

}  // namespace weir::state
