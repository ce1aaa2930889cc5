// expect: flat_map needs a function of this stream's record that names what it emits
// expect: [](const Record& record, weir::Out<Result>& out) { out.emit(...); }
#include <weir/weir.h>

void job(weir::Environment& env) {
  env.from_values<int>({1, 2}).flat_map([](int number) { return number; });
}
