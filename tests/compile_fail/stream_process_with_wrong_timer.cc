// expect: what a process function may have besides process_element is: void open(weir::ProcessOpening<Key>& opening); void on_timer(weir::Timestamp time, weir::ProcessContext<Key>& context, weir::Out<Result>& out); void restored(); void snapshot_state(); void close(weir::Out<Result>& out)
#include <weir/weir.h>

struct Totals {
  void process_element(const int& number, weir::ProcessContext<int>&, weir::Out<int>& out) { out.emit(number); }
  void on_timer(weir::ProcessContext<int>&, weir::Out<int>& out) { out.emit(0); }
};

void job(weir::Environment& env) {
  env.from_values({1, 2}).key_by([](int n) { return n; }).process(Totals{}).print();
}
