// Prints the names of all crash points, a line each: those of jobs, or with --cluster those of a cluster's daemons.
#include "weir/core/crash_points.h"

#include <cstdio>
#include <span>
#include <string_view>

#include <fmt/format.h>

int main(int argc, char** argv) {
  std::span<const std::string_view> names = weir::kCrashPoints;
  if (argc > 1 && std::string_view(argv[1]) == "--cluster") names = weir::kClusterCrashPoints;
  for (const std::string_view name : names) fmt::print("{}\n", name);
  return std::ferror(stdout) != 0 ? 1 : 0;
}
