#pragma once

#include <cstddef>
#include <string_view>

namespace weir::cluster {

/// How many bytes at the front of `text` are one UTF-8 character; 0: none is. Requires: not empty.
std::size_t utf8_character(std::string_view text);

}  // namespace weir::cluster
