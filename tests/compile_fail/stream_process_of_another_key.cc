// expect: process needs a struct with: void process_element(const Record& record, weir::ProcessContext<Key>& context, weir::Out<Result>& out)
#include <weir/weir.h>

struct Totals {
  void process_element(const int& number, weir::ProcessContext<std::string>&, weir::Out<int>& out) { out.emit(number); }
};

void job(weir::Environment& env) {
  env.from_values({1, 2}).key_by([](int n) { return n; }).process(Totals{}).print();
}
