#pragma once

#include <cstdint>
#include <string_view>

namespace weir::cluster {

/// Which part of a file a client wants.
struct ByteRange {
  enum class Kind : std::uint8_t {
    kWhole,  ///< nothing was asked for that is understood
    kPart,
    kBeyond,  ///< nothing of it is there
  };

  Kind kind = Kind::kWhole;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// Of the field Range, "bytes=0-99", "bytes=100-", "bytes=-100"; several ranges count as none. `size`: of the file.
ByteRange byte_range(std::string_view field, std::uint64_t size);

}  // namespace weir::cluster
