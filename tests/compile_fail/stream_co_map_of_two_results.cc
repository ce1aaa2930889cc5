// expect: map of two streams needs a function for each that gives the same type of record: map([](const First& record) { return ...; }, [](const Second& record) { return ...; }), or a struct with map1(const First&) and map2(const Second&)
#include <weir/weir.h>

void job(weir::Environment& env) {
  const auto numbers = env.from_values({1, 2});
  numbers.connect(numbers).map([](int n) { return n; }, [](int n) { return std::to_string(n); });
}
