#pragma once

#include <cstdint>
#include <string>

/// Numbers for people. All texts are ASCII.
namespace weir {

/// Three digits or so: "999", "1.2 k", "34.5 M", "120 G".
std::string scaled(std::uint64_t count);

/// "640 B", "34.5 MB".
std::string scaled_bytes(std::uint64_t bytes);

}  // namespace weir
