// expect: map needs a function from a record to a new one: [](const Record& record) { return ...; }
// expect: to emit none or many write flat_map
#include <weir/weir.h>

void job(weir::Environment& env) {
  env.from_values<int>({1, 2}).map([](int) {});
}
