// expect: map needs a function from a record to a new one: [](const Record& record) { return ...; }
#include <weir/weir.h>

struct Other {};

void job(weir::Environment& env) {
  env.from_values<int>({1, 2}).map([](const Other&) { return 1; });
}
