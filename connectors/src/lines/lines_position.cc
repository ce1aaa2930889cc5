#include "lines/lines_position.h"

#include <fmt/format.h>

#include "weir/connectors/position.h"
#include "weir/core/error.h"

namespace weir::connectors {

namespace {

bool fits(const FileBlock& block, std::uint64_t size) {
  return block.begin <= size && block.length <= size - block.begin;
}

}  // namespace

std::string encode(const LinesPosition& position) {
  return encode_position({position.offset, position.lines, position.size, position.head.length, position.head.hash,
                          position.near.begin, position.near.length, position.near.hash});
}

std::optional<LinesPosition> decode_lines_position(const Split& split) {
  if (split.position.empty()) return std::nullopt;
  const auto numbers = decode_position(split, 8);
  const LinesPosition position{
      numbers[0], numbers[1], numbers[2], {0, numbers[3], numbers[4]}, {numbers[5], numbers[6], numbers[7]}};
  if (position.offset > position.size || !fits(position.head, position.size) || !fits(position.near, position.size))
    throw CorruptionError(fmt::format("split '{}' has the position '{}', which lies outside of its {} bytes", split.id,
                                      split.position, position.size));
  return position;
}

}  // namespace weir::connectors
