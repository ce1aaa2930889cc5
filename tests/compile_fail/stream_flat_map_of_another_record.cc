// expect: flat_map needs a function of this stream's record that names what it emits
#include <weir/weir.h>

void job(weir::Environment& env) {
  env.from_values<int>({1, 2}).flat_map([](const std::string& line, weir::Out<std::string>& out) { out.emit(line); });
}
