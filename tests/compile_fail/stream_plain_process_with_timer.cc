// expect: what a function may have besides process_element is: void open(weir::FunctionOpening& opening); void restored(); void snapshot_state(); void close(weir::Out<Result>& out); timers need a key
#include <weir/weir.h>

struct Timed {
  void process_element(int number, weir::FunctionContext&, weir::Out<int>& out) { out.emit(number); }
  void on_timer(weir::Timestamp, weir::FunctionContext&, weir::Out<int>&) {}
};

void job(weir::Environment& env) { env.from_values({1, 2}).process(Timed{}); }
