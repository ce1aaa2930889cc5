// expect: with_dynamic_gap needs a function that says how long the gap behind a record is
#include <weir/weir.h>

void job(weir::Environment& env) {
  env.from_values<int>({1})
      .key_by([](int number) { return number; })
      .window(weir::SessionWindows::with_dynamic_gap([](const std::string&) { return weir::Duration(1); }));
}
