#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::host {

/// Bytes of memory; 0 when the machine does not tell. Cheap enough for every second.
std::uint64_t physical_memory();
/// What this process has in memory.
std::uint64_t used_memory();
/// What another process has; 0 when there is none, too.
std::uint64_t used_memory(std::uint64_t process);

/// Has the allocator give back what a process does not need that is to hold so many bytes: fewer arenas, and large
/// blocks mapped by themselves. Otherwise what was freed stays with each arena, which may be more than what is in use.
/// Must be called before there are threads. Without effect on other allocators than glibc's.
void keep_allocator_within(std::size_t bytes);

}  // namespace weir::host
