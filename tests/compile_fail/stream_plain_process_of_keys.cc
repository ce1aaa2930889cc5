// expect: process of a stream without keys needs a struct with: void process_element(const Record& record, weir::FunctionContext& context, weir::Out<Result>& out); for state and timers of keys write key_by() before it
#include <weir/weir.h>

struct Keyed {
  void process_element(int number, weir::ProcessContext<int>&, weir::Out<int>& out) { out.emit(number); }
};

void job(weir::Environment& env) { env.from_values({1, 2}).process(Keyed{}); }
