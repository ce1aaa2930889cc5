// expect: flat_map of two streams needs a function for each that emits the same type of record
#include <weir/weir.h>

void job(weir::Environment& env) {
  const auto numbers = env.from_values({1, 2});
  numbers.connect(numbers).flat_map([](int n, weir::Out<int>& out) { out.emit(n); },
                                    [](int, weir::Out<std::string>& out) { out.emit("a"); });
}
