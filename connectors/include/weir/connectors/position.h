#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/core/source.h"

namespace weir::connectors {

/// A split's position made of numbers: "12" or "4096:100".
std::string encode_position(const std::vector<std::uint64_t>& numbers);

/// The `count` numbers of a split's position; zeros for an empty one (the beginning).
/// Errors: CorruptionError naming the split and the position.
std::vector<std::uint64_t> decode_position(const Split& split, std::size_t count);

}  // namespace weir::connectors
