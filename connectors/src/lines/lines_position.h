#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "weir/core/hash.h"
#include "weir/core/source.h"

namespace weir::connectors {

/// Some bytes of a file, by which it is known again.
struct FileBlock {
  std::uint64_t begin = 0;
  std::uint64_t length = 0;
  std::uint64_t hash = 0;  ///< XXH3_64

  friend bool operator==(const FileBlock&, const FileBlock&) = default;
};

/// How far a file was read, and what it looked like then: "<offset>:<lines>:<size>:<length>:<hash>:<begin>:<length>:
/// <hash>", in a split's position.
struct LinesPosition {
  std::uint64_t offset = 0;  ///< behind the last line that was emitted
  std::uint64_t lines = 0;   ///< emitted
  std::uint64_t size = 0;    ///< when the file was found: what was appended later is not read
  FileBlock head;            ///< the first chunk that was read; begins at 0
  FileBlock near;            ///< the chunk that was read last

  /// Nothing is left to read. Into an empty file somebody must have looked: special files have no size, and bytes.
  bool at_end() const { return offset == size && (size > 0 || near.hash != 0); }

  friend bool operator==(const LinesPosition&, const LinesPosition&) = default;
};

std::string encode(const LinesPosition& position);

/// None: the split begins at its beginning, however long it is. Errors: CorruptionError naming split and position.
std::optional<LinesPosition> decode_lines_position(const Split& split);

}  // namespace weir::connectors
