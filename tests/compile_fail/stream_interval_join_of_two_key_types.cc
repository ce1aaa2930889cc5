// expect: interval_join needs two streams that are grouped by keys of one type: let one of the two functions given to key_by convert its key to the other's type
#include <weir/weir.h>

void job(weir::Environment& env) {
  const auto numbers = env.from_values({1, 2});
  numbers.key_by([](int n) { return n; }).interval_join(numbers.key_by([](int n) { return std::to_string(n); }));
}
