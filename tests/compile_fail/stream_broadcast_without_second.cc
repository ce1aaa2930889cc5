// expect: process of a keyed stream and a broadcast one needs a struct with: void process_element(const Record& record, weir::KeyedReadOnlyContext<Key>& context, weir::Out<Result>& out); void process_broadcast_element(const Broadcast& record, weir::BroadcastContext& context, weir::Out<Result>& out)
#include <weir/weir.h>

struct Half {
  void process_element(int number, weir::KeyedReadOnlyContext<int>&, weir::Out<int>& out) { out.emit(number); }
};

void job(weir::Environment& env) {
  const auto numbers = env.from_values({1, 2});
  numbers.key_by([](int n) { return n; })
      .connect(numbers.broadcast(weir::MapStateDescriptor<int, int>("numbers")))
      .process(Half{});
}
