#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weir::benchmarks {

/// A whole number that a benchmark takes from its command line.
struct Flag {
  std::string_view name;  ///< "--rounds"
  std::int64_t* value;    ///< what it is unless it is given
  std::int64_t least = 0;
  std::int64_t most = INT64_MAX;
};

/// Reads `argv` into the flags' values: each flag with a value behind it or after "=".
/// Errors: UsageError naming the flag and those that there are: whatever else is given, and is not taken.
void parse_flags(int argc, char** argv, std::span<const Flag> flags);

}  // namespace weir::benchmarks
