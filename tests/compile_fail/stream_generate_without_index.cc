// expect: generate needs a function from the record's index: [](std::uint64_t index) { return ...; }
#include <weir/weir.h>

void job(weir::Environment& env) {
  env.generate({.count = 3}, [] { return 1; });
}
