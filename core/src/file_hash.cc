#include "weir/core/file_hash.h"

#include <xxhash.h>

namespace weir {

Hash128 hash_of_file(FileSystem& files, const std::string& path) {
  constexpr std::size_t kBlock = 256 * 1024;
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  const auto file = files.open_for_read(path);
  std::string block(kBlock, '\0');
  for (std::uint64_t at = 0;;) {
    const std::size_t got = file->read_at(at, block.data(), block.size());
    if (got == 0) break;
    XXH3_128bits_update(&state, block.data(), got);
    at += got;
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  return {hash.low64, hash.high64};
}

}  // namespace weir
