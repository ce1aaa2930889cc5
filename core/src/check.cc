#include "weir/core/check.h"

#include <cstdio>
#include <cstdlib>

namespace weir::detail {

void check_failed(const char* condition, const char* file, int line, const std::string& values) {
  std::fprintf(stderr, "weir: broken invariant at %s:%d: %s%s%s\n", file, line, condition,
               values.empty() ? "" : " with", values.c_str());
  std::abort();
}

}  // namespace weir::detail
