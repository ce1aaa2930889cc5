// expect: a global window never ends, so it never fires: say when, with .trigger(...)
#include <weir/weir.h>

void job(weir::Environment& env) {
  env.from_values<int>({1}).key_by([](int number) { return number; }).window(weir::GlobalWindows::create()).count();
}
