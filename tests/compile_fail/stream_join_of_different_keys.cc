// expect: where and equal_to give keys of different types: convert one, so that both are the same
#include <weir/weir.h>

void job(weir::Environment& env) {
  const auto numbers = env.from_values<int>({1});
  numbers.join(numbers).where([](int number) { return number; }).equal_to([](int number) { return long{number}; });
}
