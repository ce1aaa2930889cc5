// expect: process of two streams needs a struct with: void process_element1(const First& record, weir::ProcessContext<Key>& context, weir::Out<Result>& out); void process_element2(const Second& record, weir::ProcessContext<Key>& context, weir::Out<Result>& out)
#include <weir/weir.h>

struct Half {
  void process_element1(int number, weir::ProcessContext<int>&, weir::Out<int>& out) { out.emit(number); }
};

void job(weir::Environment& env) {
  const auto numbers = env.from_values({1, 2}).key_by([](int n) { return n; });
  numbers.connect(numbers).process(Half{});
}
