#include "weir/host/memory.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include <malloc.h>
#include <unistd.h>

namespace weir::host {
namespace {

std::uint64_t page_size() {
  const long size = ::sysconf(_SC_PAGESIZE);
  return size > 0 ? static_cast<std::uint64_t>(size) : 0;
}

std::uint64_t memory_by(const std::string& statm) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(statm.c_str(), "re"), std::fclose);
  unsigned long long total = 0;
  unsigned long long resident = 0;
  if (!file || std::fscanf(file.get(), "%llu %llu", &total, &resident) != 2) return 0;
  return resident * page_size();
}

}  // namespace

std::uint64_t physical_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  return pages > 0 ? static_cast<std::uint64_t>(pages) * page_size() : 0;
}

std::uint64_t used_memory() { return memory_by("/proc/self/statm"); }

std::uint64_t used_memory(std::uint64_t process) { return memory_by("/proc/" + std::to_string(process) + "/statm"); }

void keep_allocator_within(std::size_t bytes) {
  // What one arena has free serves no thread of another: state that was restored by one thread and is used up by
  // another was seen to take two thirds more with three of them.
  constexpr std::size_t kBytesOfAnArena = 256 << 20;
  constexpr int kLargeBlock = 128 << 10;
  constexpr std::size_t kMostArenas = 1024;
  ::mallopt(M_ARENA_MAX, static_cast<int>(std::clamp<std::size_t>(bytes / kBytesOfAnArena, 1, kMostArenas)));
  // Setting these keeps glibc from raising them.
  ::mallopt(M_MMAP_THRESHOLD, kLargeBlock);
  ::mallopt(M_TRIM_THRESHOLD, kLargeBlock);
}

}  // namespace weir::host
