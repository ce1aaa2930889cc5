// expect: process of an interval join needs a function of a record of each stream that names what it emits: [](const Left& left, const Right& right, weir::Out<Result>& out) { out.emit(...); }
#include <weir/weir.h>

void job(weir::Environment& env) {
  const auto numbers = env.from_values({1, 2}).key_by([](int n) { return n; });
  numbers.interval_join(numbers).between(weir::Duration(0), weir::Duration(1)).process([](int left, int right) {
    return left + right;
  });
}
