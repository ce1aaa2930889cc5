// expect: Weir cannot encode this type: add WEIR_FIELDS(Type, field, ...) after the struct
#include <weir/weir.h>

struct Total {
  int sum = 0;
};

struct Totals {
  weir::ValueState<int, Total> total{"total"};
  void open(weir::ProcessOpening<int>& opening) { opening.keep(total); }
  void process_element(const int& number, weir::ProcessContext<int>&, weir::Out<int>& out) {
    out.emit(total->update().sum += number);
  }
};

void job(weir::Environment& env) {
  env.from_values({1, 2}).key_by([](int n) { return n; }).process(Totals{}).print();
}
