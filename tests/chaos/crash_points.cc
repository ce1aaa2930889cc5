// Prints the names of all crash points, a line each.
#include "weir/core/crash_points.h"

#include <cstdio>

#include <fmt/format.h>

int main() {
  for (const std::string_view name : weir::kCrashPoints) fmt::print("{}\n", name);
  return std::ferror(stdout) != 0 ? 1 : 0;
}
