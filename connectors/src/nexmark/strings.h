#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "nexmark/letters.h"

namespace weir::nexmark {

/// A random string of 3 to max - 1 characters: one in thirteen is `special`, the others a-z. Spaces at its ends are
/// trimmed away. Requires: max > 3.
std::string random_string(WordStream& words, std::int64_t max, char special = ' ');

/// Letters that pad an event of `size` bytes to about `average`, a fifth of the difference more or less.
std::string padding(WordStream& words, std::size_t size, std::size_t average);

/// The bounds of padding()'s length: from `least`, `spread` different ones.
struct PaddingLength {
  PaddingLength(std::size_t size, std::size_t average);

  std::int64_t least = 0;
  std::int64_t spread = 0;
};

}  // namespace weir::nexmark
