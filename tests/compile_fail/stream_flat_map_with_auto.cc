// expect: flat_map needs a function of this stream's record that names what it emits
// expect: `auto` does not name it
#include <weir/weir.h>

void job(weir::Environment& env) {
  env.from_values<int>({1, 2}).flat_map([](const auto& number, auto& out) { out.emit(number); });
}
