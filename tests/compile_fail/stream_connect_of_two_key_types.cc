// expect: connect needs two streams that are grouped by keys of one type: let one of the two functions given to key_by convert its key to the other's type
#include <weir/weir.h>

struct Order {
  std::string id;
};
struct Payment {
  std::int64_t order;
};

void job(weir::Environment& env) {
  env.from_values<Order>({}).key_by(&Order::id).connect(env.from_values<Payment>({}).key_by(&Payment::order));
}
